import type { MiddlewareHandler } from "hono";
import { AppError } from "../sdk/contract/index.ts";
import type { AppEnv } from "./app-env.ts";

const MAX_URL_CHARS = 16 * 1024;
const MAX_HEADERS = 128;
const MAX_HEADER_CHARS = 32 * 1024;

/** Refuses heads of requests that no client of ours sends, before anything copies or quotes them. */
export const headerLimit: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.url.length > MAX_URL_CHARS) {
    throw tooLarge(`The URL is longer than ${MAX_URL_CHARS} characters`, MAX_URL_CHARS);
  }
  let count = 0;
  let chars = 0;
  for (const [name, value] of c.req.raw.headers) {
    count += 1;
    chars += name.length + value.length;
  }
  if (count > MAX_HEADERS) {
    throw tooLarge(`The request has more than ${MAX_HEADERS} headers`, MAX_HEADERS);
  }
  if (chars > MAX_HEADER_CHARS) {
    throw tooLarge(`The headers take more than ${MAX_HEADER_CHARS} characters`, MAX_HEADER_CHARS);
  }
  await next();
};

function tooLarge(message: string, limit: number): AppError {
  return new AppError("PAYLOAD_TOO_LARGE", message, { limit });
}
