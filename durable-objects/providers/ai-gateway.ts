import { type ModelEvent, type Provider, ProviderError } from "./provider.ts";

/** Where Cloudflare's AI Gateway keeps the answers that went through it, and what reaches it. */
interface AiGateway {
  /** `<runsUrl>/<run id>/resume?from=0` tells a run again. */
  runsUrl: string;
  fetch: typeof fetch;
}

const RUN_ID_HEADER = "cf-aig-run-id";
const LONGEST_RUN_ID = 256;

/** The gateway of this deployment, if it has one whose runs can be asked for. */
export function aiGatewayOf(env: Partial<Env>): AiGateway | undefined {
  const { AI_GATEWAY_RUNS_URL: runsUrl, AI: binding } = env;
  if (!runsUrl) return undefined;
  // Cloudflare's own address of the runs is reached through the AI binding alone.
  return { runsUrl, fetch: (input, init) => (binding ?? globalThis).fetch(input, init) };
}

/**
 * Any vendor behind the gateway: a call to which the gateway gave a run id can be joined again for as
 * long as the gateway keeps the run. The vendor's adapter reads the same stream either way.
 */
export function throughAiGateway(
  make: (send: typeof fetch) => Provider,
  { runsUrl, fetch: ask }: AiGateway,
): Provider {
  const vendor = make((input, init) => fetch(input, init));
  return {
    ...vendor,
    stream: (request, signal) => announced((found) => make(noting(found)).stream(request, signal)),
    resume(handle, request, signal) {
      if (handle.kind === "ai_gateway_run") {
        const url = `${runsUrl}/${encodeURIComponent(handle.id)}/resume?from=0`;
        return make((_, init) => ask(url, withoutBody(init))).stream(request, signal);
      }
      if (vendor.resume) return vendor.resume(handle, request, signal);
      throw new ProviderError("not_found", `${vendor.name} cannot join a call again`);
    },
    async cancel(handle) {
      // The gateway has no way to stop a run; what the vendor itself keeps can be stopped.
      if (handle.kind !== "ai_gateway_run") await vendor.cancel?.(handle);
    },
  };
}

function noting(found: (runId: string) => void): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const runId = response.headers.get(RUN_ID_HEADER);
    if (response.ok && runId && runId.length <= LONGEST_RUN_ID) found(runId);
    return response;
  };
}

/** The same credentials and patience as the call's, as a question without a body. */
function withoutBody(init: RequestInit | undefined): RequestInit {
  const headers = new Headers(init?.headers);
  for (const name of ["content-type", "content-length"]) headers.delete(name);
  return { headers, signal: init?.signal ?? null };
}

/** Tells the run's handle with its headers: the first word may take minutes, and a crash does not wait. */
async function* announced(
  open: (found: (runId: string) => void) => AsyncIterable<ModelEvent>,
): AsyncGenerator<ModelEvent> {
  const { promise: found, resolve } = Promise.withResolvers<string>();
  const events = open(resolve)[Symbol.asyncIterator]();
  try {
    const first = events.next();
    const id = await Promise.race([found, first.then(() => undefined)]);
    // Its failure is told where it is awaited.
    first.catch(() => undefined);
    if (id !== undefined) yield { type: "handle", handle: { kind: "ai_gateway_run", id } };
    for (let step = await first; !step.done; step = await events.next()) yield step.value;
  } finally {
    await events.return?.();
  }
}
