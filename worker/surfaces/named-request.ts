import { AppError } from "../../sdk/contract/index.ts";
import { type Caller, call, type StartedRun } from "../call.ts";
import { realmOf } from "../session-address.ts";

/**
 * Calls an operation under the id that its client gave the request, so that the client can take it
 * back from elsewhere. @throws {AppError} `DUPLICATE_REQUEST_ID` while one of that id is in flight
 */
export async function callNamed(
  requestId: string,
  name: string,
  params: unknown,
  caller: Caller,
): Promise<unknown> {
  if (requestId === "" || requestId.length > 255) {
    throw new AppError("INVALID_PARAMS", "X-Meerkat-Request-Id must have 1 to 255 characters");
  }
  const { requestIds } = realmOf(caller);
  await requestIds.begin(requestId);
  let bound: Promise<void> | undefined;
  const onRun = ({ session, runId }: StartedRun) => {
    bound = requestIds.bind(requestId, session.sessionId, runId);
  };
  try {
    return await call(name, params, { ...caller, onRun });
  } finally {
    await bound;
    await requestIds.end(requestId);
  }
}
