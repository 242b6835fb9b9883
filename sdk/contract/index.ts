// The contract lives in the SDK because both published things, SDK and CLI, must depend on nothing
// but themselves; the server implements it.
import type * as z from "zod";
import { auditOperations } from "./audit.ts";
import { configOperations } from "./config-operations.ts";
import { contextOperations } from "./context.ts";
import { hostOperations } from "./host.ts";
import { healthOperations } from "./health.ts";
import type { Operation } from "./operation.ts";
import { credentialOperations } from "./provider-credentials.ts";
import { realmOperations } from "./realms.ts";
import { replayOperations } from "./replay.ts";
import { requestOperations } from "./requests.ts";
import { sessionOperations } from "./sessions.ts";
import { tokenOperations } from "./tokens.ts";
import { transcriptOperations } from "./transcript.ts";
import { spendingOperations } from "./spending.ts";
import { turnOperations } from "./turns.ts";

export {
  type Access,
  type Confines,
  type Quota,
  Scope,
  type TurnLimits,
  type Watching,
} from "./access.ts";
export type { AuditEntry, AuditVerdict } from "./audit.ts";
export {
  catalog,
  catalogModel,
  type ModelPrice,
  type ModelTraits,
  pricesAsOf,
  unknownTraits,
} from "./catalog.ts";
export { ConfigDocument } from "./config.ts";
export { ineffectiveKeys, keyPath, schemaAt, withRealNames } from "./config-keys.ts";
export { checkConfigSize } from "./config-size.ts";
export type { ConfigChange, ConfigEnvelope, ConfigHistory } from "./config-operations.ts";
export { credentialsFrom, defaultProvider, isConfigured, keyVariables } from "./credentials.ts";
export { milliseconds } from "./duration.ts";
export { AppError, type ErrorCode, errorCodes, toAppError } from "./errors.ts";
export { AgentEvent, endsRun, type FailureClass, type LogEntry } from "./events.ts";
export type { HealthDimension, RuntimeHealth } from "./health.ts";
export { type Capabilities, contractVersion, type ModelsCatalog, packageVersion } from "./host.ts";
export { type Labels, RealmId, REGISTRY_REALM } from "./ids.ts";
export {
  type AssistantBlock,
  type Content,
  type ContentBlock,
  type Message,
  type StopReason,
  type ToolResult,
} from "./messages.ts";
export type { Initiator } from "./initiator.ts";
export { logLine, type LogLevel } from "./log-line.ts";
export { checkNames, checkNesting } from "./nesting.ts";
export type { McpTool, Operation } from "./operation.ts";
export { pack, type Parcel, unpack, weight } from "./parcel.ts";
export {
  type Credential,
  type CredentialList,
  type CredentialTest,
  KeyedProvider,
  type KeySource,
} from "./provider-credentials.ts";
export { flatParams, type ParamsOfVendor, paramsSchema, vendorParams } from "./provider-params.ts";
export {
  defaultModelOf,
  findModel,
  listedOwner,
  ownerOf,
  type RealmModel,
  realmModels,
} from "./realm-models.ts";
export { partsOf, type Remote, type RemoteParts } from "./remote.ts";
export type { RealmDeletion, RealmInfo } from "./realms.ts";
export {
  type ClientTool,
  ClientTools,
  type PendingToolCall,
  type ProviderName,
  type RunResult,
  type ToolAnswer,
  ToolReply,
} from "./run.ts";
export { isSecretKey, REDACTED, shownAddress } from "./secret-keys.ts";
export { shareUrl } from "./share-url.ts";
export type { SessionHistory, SessionInfo, SessionSummary } from "./sessions.ts";
export type { ModelCall, Sums, UsageReport } from "./spending.ts";
export type { TokenInfo } from "./tokens.ts";
export { readTraceParent } from "./trace-parent.ts";
export { addUsage, noUsage, type Usage, wireUsage } from "./usage.ts";

/** The whole API. Add an operation here and every surface gains it. */
export const operations = {
  ...sessionOperations,
  ...transcriptOperations,
  ...turnOperations,
  ...requestOperations,
  ...contextOperations,
  ...replayOperations,
  ...configOperations,
  ...credentialOperations,
  ...realmOperations,
  ...spendingOperations,
  ...tokenOperations,
  ...auditOperations,
  ...hostOperations,
  ...healthOperations,
} satisfies Record<string, Operation>;

export type OperationName = keyof typeof operations;
/** What a caller sends: defaults may be left out. */
export type ParamsOf<Name extends OperationName> = z.input<(typeof operations)[Name]["input"]>;
/** What a handler receives: validated, defaults filled in. */
export type InputOf<Name extends OperationName> = z.output<(typeof operations)[Name]["input"]>;
export type OutputOf<Name extends OperationName> = z.output<(typeof operations)[Name]["output"]>;

export function isOperationName(name: string): name is OperationName {
  return Object.hasOwn(operations, name);
}

/** The table as a list, for code that treats every operation alike. */
export const operationList = Object.entries(operations) as [OperationName, Operation][];
