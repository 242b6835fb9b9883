import type { Handlers } from "../call.ts";
import { auditHandlers } from "./audit.ts";
import { configHandlers } from "./config.ts";
import { contextHandlers } from "./context.ts";
import { credentialHandlers } from "./credentials.ts";
import { healthHandlers } from "./health.ts";
import { hostHandlers } from "./host.ts";
import { modelHandlers } from "./models.ts";
import { realmHandlers } from "./realms.ts";
import { replayHandlers } from "./replay.ts";
import { requestHandlers } from "./requests.ts";
import { sessionHandlers } from "./sessions.ts";
import { tokenHandlers } from "./tokens.ts";
import { transcriptHandlers } from "./transcript.ts";
import { spendingHandlers } from "./spending.ts";
import { turnHandlers } from "./turns.ts";

/** A missing handler is a type error here. */
export const handlers: Handlers = {
  ...sessionHandlers,
  ...transcriptHandlers,
  ...turnHandlers,
  ...requestHandlers,
  ...contextHandlers,
  ...replayHandlers,
  ...configHandlers,
  ...credentialHandlers,
  ...realmHandlers,
  ...spendingHandlers,
  ...tokenHandlers,
  ...auditHandlers,
  ...hostHandlers,
  ...healthHandlers,
  ...modelHandlers,
};
