import type { Context } from "hono";
import { AppError } from "../../../sdk/contract/index.ts";
import type { AppEnv } from "../../app-env.ts";

const MAX_BYTES = 64 * 1_024;

/** The body of a request that anybody may send, as text. @throws {AppError} `PAYLOAD_TOO_LARGE` */
export async function smallBody({ req }: Context<AppEnv>): Promise<string> {
  const announced = Number(req.header("content-length") ?? 0);
  const bytes = announced > MAX_BYTES ? undefined : await req.arrayBuffer();
  if (bytes && bytes.byteLength <= MAX_BYTES) return new TextDecoder().decode(bytes);
  throw new AppError("PAYLOAD_TOO_LARGE", `The body is larger than ${MAX_BYTES / 1_024} KiB`);
}
