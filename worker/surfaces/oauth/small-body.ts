import type { Context } from "hono";
import { AppError } from "../../../sdk/contract/index.ts";
import type { AppEnv } from "../../app-env.ts";

const MAX_BYTES = 64 * 1_024;

/** The body of a request that anybody may send, as text; no more of it is read than may be. @throws {AppError} `PAYLOAD_TOO_LARGE` */
export async function smallBody({ req }: Context<AppEnv>): Promise<string> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let left = MAX_BYTES;
  if (Number(req.header("content-length") ?? 0) > left) throw tooLarge();
  for await (const chunk of req.raw.body ?? []) {
    left -= chunk.length;
    if (left < 0) throw tooLarge();
    chunks.push(chunk);
  }
  return await new Blob(chunks).text();
}

function tooLarge(): AppError {
  const message = `The body is larger than ${MAX_BYTES / 1_024} KiB`;
  return new AppError("PAYLOAD_TOO_LARGE", message, { max_bytes: MAX_BYTES });
}
