/** What `Promise.withResolvers` does, for runtimes without it. */
export function withResolvers<Value>(): PromiseWithResolvers<Value> {
  let settle: Pick<PromiseWithResolvers<Value>, "resolve" | "reject"> | undefined;
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // A promise calls its executor before its constructor returns.
  return { promise, ...settle! };
}
