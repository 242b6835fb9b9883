/** Secrets and settings that a deployment may set besides the bindings of wrangler.toml. */
interface __BaseEnv_Env {
  RKAT_ANTHROPIC_API_KEY?: string;
  ANTHROPIC_API_KEY?: string;
  ANTHROPIC_BASE_URL?: string;
  RKAT_OPENAI_API_KEY?: string;
  OPENAI_API_KEY?: string;
  OPENAI_BASE_URL?: string;
  RKAT_GEMINI_API_KEY?: string;
  GEMINI_API_KEY?: string;
  RKAT_GOOGLE_API_KEY?: string;
  GOOGLE_API_KEY?: string;
  GEMINI_BASE_URL?: string;
  SELF_HOSTED_BASE_URL?: string;
  SELF_HOSTED_API_KEY?: string;
  /** Where the AI Gateway tells runs again: `https://workers-binding.ai/ai-gateway/gateways/<gateway>/run`. */
  AI_GATEWAY_RUNS_URL?: string;
  /** The binding that reaches Cloudflare's own address of the runs. */
  AI?: Fetcher;
  /** Seals the realms' own provider keys: `<id>:<32 bytes in base64>`, several by commas; the first seals, all open. */
  RKAT_CREDENTIALS_KEY?: string;
  /** The one secret that opens a deployed Worker; without it everything but `/health` is refused. */
  RKAT_ADMIN_TOKEN?: string;
  /** Behind the checks of access tokens, in place of the admin token: then a new admin token ends no other. */
  RKAT_TOKEN_KEY?: string;
  /** Issuers of JWTs that are let in, as JSON: see docs/security.md. */
  RKAT_JWT_ISSUERS?: string;
  /** `loopback` lets the embedded server answer without a token; never set it on a deployment. */
  RKAT_OPEN_ACCESS?: string;
  /** Origins that browsers may call from, separated by commas; `*` for any. */
  RKAT_CORS_ORIGINS?: string;
  /** `1` lets realms name http and private addresses of model servers; the embedded server sets it on loopback. */
  RKAT_ALLOW_PRIVATE_UPSTREAMS?: string;
  /** What is logged: `debug`, `info` (if not set), `warn`, `error` or `off`. */
  RKAT_LOG_LEVEL?: string;
  /** Base URL of an OpenTelemetry collector that takes OTLP/HTTP in JSON; spans go to `<base>/v1/traces`. */
  RKAT_OTLP_ENDPOINT?: string;
  /** Headers for it, a secret: `name=value,name=value`. */
  RKAT_OTLP_HEADERS?: string;
  /** Takes a data point per turn, where wrangler.toml binds it. */
  METRICS?: AnalyticsEngineDataset;
  RKAT_INSTANCE?: string;
  RKAT_REALM_BACKEND?: string;
}
