import { type HealthDimension, type MeerkatClient, MeerkatError } from "../sdk/index.ts";

/** A line of `rkat doctor`; `none` is what nobody measures. */
export type Report = (verdict: "ok" | "warn" | "none", area: string, message: string) => void;

/** Tells how the deployment and the realm say that they are. */
export async function tellHealth(client: MeerkatClient, report: Report): Promise<void> {
  try {
    const { dimensions } = await client.readHealth();
    for (const dimension of dimensions) {
      report(verdictOf(dimension), `health:${dimension.id}`, messageOf(dimension));
    }
  } catch (error) {
    // An older deployment has no such operation, and a narrow token may not ask.
    if (!(error instanceof MeerkatError)) throw error;
    report("none", "health", error.message);
  }
}

function verdictOf({ state, ok }: HealthDimension): "ok" | "warn" | "none" {
  if (state === "unmeasured") return "none";
  return state === "unreadable" || ok === false ? "warn" : "ok";
}

function messageOf({ state, value, unit, reason }: HealthDimension): string {
  const what = state === "measured" ? String(value) : state;
  const amount = unit === undefined ? what : `${what} ${unit}`;
  return reason === undefined ? amount : `${amount}: ${reason}`;
}
