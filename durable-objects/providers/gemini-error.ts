import * as z from "zod";
import type { ProviderError } from "./provider.ts";
import { statusError } from "./upstream.ts";
import { retryAfterMs } from "./vendor-failure.ts";

/** The failure behind a refused request. */
export async function responseError(response: Response): Promise<ProviderError> {
  const body: unknown = await response.json().catch(() => undefined);
  return failure(body, response.status, retryAfterMs(response.headers));
}

/** The failure that a chunk in the middle of a stream reports, if it does. */
export function chunkError(chunk: unknown): ProviderError | undefined {
  const reports = typeof chunk === "object" && chunk !== null && "error" in chunk;
  return reports ? failure(chunk) : undefined;
}

const Failure = z.object({
  error: z.object({
    code: z.number().optional().catch(undefined),
    message: z.string().catch(""),
    details: z
      .array(
        z.looseObject({
          reason: z.string().optional().catch(undefined),
          retryDelay: z.string().optional().catch(undefined),
        }),
      )
      .catch([]),
  }),
});

function failure(body: unknown, status?: number, waitMs?: number): ProviderError {
  const { code, message = "", details = [] } = Failure.safeParse(body).data?.error ?? {};
  // A wrong key is a 400 like any malformed request; only the reason tells.
  const forbidden = details.some(({ reason }) => reason === "API_KEY_INVALID");
  const wait = details.map(({ retryDelay }) => delayMs(retryDelay)).find((ms) => ms !== undefined);
  return statusError("gemini", forbidden ? 401 : (status ?? code ?? 500), message, wait ?? waitMs);
}

/** Google writes durations as `34.4s`. */
function delayMs(delay: string | undefined): number | undefined {
  const seconds = Number.parseFloat(delay ?? "");
  return Number.isFinite(seconds) ? Math.max(0, Math.round(seconds * 1000)) : undefined;
}
