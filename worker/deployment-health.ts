import type { HealthDimension } from "../sdk/contract/index.ts";
import { measured, unmeasured } from "./probe.ts";

/** What the Worker itself knows: how the deployment is set up. Nothing of it is secret. */
export function deploymentHealth(env: Env): HealthDimension[] {
  // wrangler.toml binds them, but a deployment of one's own may leave them out.
  const { STRANGER_LIMIT: stranger, CALLER_LIMIT: caller, OAUTH_LIMIT: oauth }: Partial<Env> = env;
  return [
    accessHealth(env),
    limitHealth("limit:stranger", stranger),
    limitHealth("limit:caller", caller),
    limitHealth("limit:oauth", oauth),
    measured("metrics", "deployment", {
      value: env.METRICS !== undefined,
      reason: env.METRICS ? "bound" : "no dataset is bound as METRICS",
    }),
    env.RKAT_OTLP_ENDPOINT
      ? unmeasured(
          "traces",
          "deployment",
          "a collector is set; whether it takes spans is in the log",
        )
      : measured("traces", "deployment", { value: false, reason: "RKAT_OTLP_ENDPOINT is not set" }),
    unmeasured(
      "log_append",
      "deployment",
      "appending costs a row; see duration_ms of turns' lines",
    ),
    unmeasured(
      "recovery",
      "deployment",
      "only a session knows whether its turn lives, and asking wakes it",
    ),
  ];
}

function accessHealth({ RKAT_ADMIN_TOKEN: token, RKAT_OPEN_ACCESS: open }: Env): HealthDimension {
  if (token) return measured("access", "deployment", { value: "token", ok: true });
  // Whoever could ask was let in by something else.
  const value = open === "loopback" ? "open on loopback" : "no admin token";
  return measured("access", "deployment", { value });
}

function limitHealth(id: string, limit: RateLimit | undefined): HealthDimension {
  const reason = limit
    ? "bound; the platform tells no counts"
    : "not bound: the edge limits nothing";
  return measured(id, "deployment", { value: limit !== undefined, reason });
}
