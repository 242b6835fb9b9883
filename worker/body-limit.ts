import { bodyLimit as limited } from "hono/body-limit";
import { AppError } from "../sdk/contract/index.ts";
import { refusal } from "./surfaces/refusal.ts";

/** What a request's body may take, on every surface. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** Refuses larger bodies, announced or not, with 413 in the words of the surface that was asked. */
export const bodyLimit = limited({
  maxSize: MAX_BODY_BYTES,
  onError: (c) => {
    const error = new AppError("PAYLOAD_TOO_LARGE", "The body is larger than 32 MiB", {
      max_bytes: MAX_BODY_BYTES,
    });
    return refusal(c, error);
  },
});
