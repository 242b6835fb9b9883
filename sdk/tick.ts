/** Lets everything that is ready run. */
export function tick(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}

/** Waits until a claim holds; the test's own time limit bounds it. */
export async function until(claim: () => boolean): Promise<void> {
  while (!claim()) await tick();
}
