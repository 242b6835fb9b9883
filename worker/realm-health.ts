import { catalog, type HealthDimension, isConfigured } from "../sdk/contract/index.ts";
import type { RealmHealth } from "./index.ts";
import { measured, type Probed, unmeasured, unreadable } from "./probe.ts";

// The platform's limit of an object with SQLite is 10 GB.
const FULL_BYTES = 9e9;
const LATE_CHORE_MS = 60_000;
const SKEW_MS = 5_000;

type Answered = Extract<Probed<RealmHealth>, { answer: RealmHealth }>;

/** What the caller's realm says of itself; each dimension of it is unreadable when the realm is. */
export function realmHealth(env: Env, probed: Probed<RealmHealth>): HealthDimension[] {
  if ("unreadable" in probed) {
    const ids = ["realm", "clock", "storage", "sessions", "chores", "credentials_key", "providers"];
    return ids.map((id) => unreadable(id, "realm", probed.unreadable));
  }
  const { answer, tookMs } = probed;
  const { count, limit } = answer.openSessions;
  return [
    measured("realm", "realm", { value: tookMs, unit: "ms" }),
    clock(probed),
    measured("storage", "realm", {
      value: answer.storedBytes,
      unit: "bytes",
      ok: answer.storedBytes < FULL_BYTES,
    }),
    measured("sessions", "realm", {
      value: count,
      unit: "sessions",
      ...(count === limit ? { reason: `counted up to ${limit}` } : {}),
    }),
    chores(answer),
    sealing(env, answer),
    ...providers(env, answer),
  ];
}

/** How far the Worker's clock and the object's are apart, beyond what the way explains. */
function clock({ answer: { now }, askedAt, tookMs }: Answered): HealthDimension {
  const value = Math.max(0, askedAt - now, now - (askedAt + tookMs));
  return measured("clock", "realm", { value, unit: "ms", ok: value < SKEW_MS });
}

function chores({ alarmAt, now }: RealmHealth): HealthDimension {
  const value = alarmAt === null ? 0 : Math.max(0, now - alarmAt);
  const reason = alarmAt === null ? "none is due" : "how late the next one is";
  return measured("chores", "realm", { value, unit: "ms", ok: value < LATE_CHORE_MS, reason });
}

function sealing(env: Env, { sealingProblem: problem }: RealmHealth): HealthDimension {
  if (!env.RKAT_CREDENTIALS_KEY) {
    const reason = "RKAT_CREDENTIALS_KEY is not set: realms cannot keep keys of their own";
    return measured("credentials_key", "realm", { value: false, reason });
  }
  const ok = problem === undefined;
  return measured("credentials_key", "realm", {
    value: ok,
    ok,
    ...(ok ? {} : { reason: problem }),
  });
}

/** Of each provider that could be called: how its last call ended. Health itself calls nobody. */
function providers(env: Env, { sightings, ownKeys }: RealmHealth): HealthDimension[] {
  const configured = [...catalog.keys()].filter(
    (name) => name !== "demo" && (ownKeys.includes(name) || isConfigured(env, name)),
  );
  return configured.map((name) => {
    const seen = sightings.find(({ provider }) => provider === name);
    const id = `provider:${name}`;
    if (!seen) return unmeasured(id, "realm", "the realm's object heard of no call since it woke");
    const { at, error } = seen;
    const reason = `the call that ended at ${new Date(at).toISOString()}`;
    return measured(id, "realm", { value: error ?? "answered", ok: error === undefined, reason });
  });
}
