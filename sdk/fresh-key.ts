/**
 * A key for one request: a version 7 UUID, because a session that is created under it takes over its
 * time, so that ids keep the order in which sessions were made.
 */
export function freshKey(): string {
  const time = Date.now().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`;
}

/** Operations that do something each time they are asked, unless a key says that it is the same time. */
const keyed: ReadonlySet<string> = new Set([
  "session/create",
  "turn/start",
  "turn/answer",
  "session/inject_context",
  "session/external_event",
]);

/** Whether a call of the operation needs a key so that it can be repeated safely. */
export function takesKey(operation: string): boolean {
  return keyed.has(operation);
}
