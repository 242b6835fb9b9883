/**
 * A Durable Object's methods as its callers see them. The platform's own stub type turns every
 * answer that holds `unknown` into `never`; JSON values are what actually crosses.
 */
export type Remote<Target> = {
  [Method in keyof Target]: Target[Method] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never;
};
