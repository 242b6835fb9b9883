/**
 * A Durable Object's methods as its callers see them. The platform's own stub type turns every
 * answer that holds `unknown` into `never`; JSON values are what actually crosses.
 */
export type Remote<Target> = {
  [Method in keyof Target]: Target[Method] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never;
};

/** An object's parts as its callers see them; see `partsOf`. */
export type RemoteParts<Parts> = { [Part in keyof Parts]: Remote<Parts[Part]> };

/**
 * The parts behind the stub of an object that takes calls by part and method: `partsOf(stub).config.read()`
 * is one request. Nested RPC targets would do the same but hold a reference at the object until it is let go of.
 */
export function partsOf<Parts>(stub: object): RemoteParts<Parts> {
  // The binding's class is the object's; see `Remote` for why its own type will not do.
  const target = stub as { invoke(call: readonly unknown[]): Promise<unknown> };
  const part = (name: string | symbol) =>
    new Proxy({}, { get: (_, method) => caller(name, method) });
  const caller = (name: string | symbol, method: string | symbol) =>
    // Whoever awaits a part by mistake must not call its object.
    method === "then" ? undefined : (...args: unknown[]) => target.invoke([name, method, args]);
  return new Proxy({}, { get: (_, name) => part(name) }) as RemoteParts<Parts>;
}
