export type { ToolHandler } from "./callback-tools.ts";
export type { Capability } from "./capabilities.ts";
export { MeerkatClient } from "./client.ts";
export type {
  ConnectOptions,
  ListOptions,
  OperationOptions,
  WriteOptions,
} from "./client-options.ts";
export type {
  ContentBlock,
  OperationName,
  OutputOf,
  ParamsOf,
  ProviderName,
} from "./contract/index.ts";
export type { Credential, CredentialList, CredentialTest } from "./credentials.ts";
export {
  type CapabilityHint,
  CapabilityUnavailableError,
  MeerkatError,
  type MeerkatErrorCode,
  SessionNotFoundError,
  SkillNotFoundError,
} from "./errors.ts";
export { EventStream } from "./event-stream.ts";
export type { AgentEvent, AgentEventEnvelope, EventSource } from "./events.ts";
export {
  isRunCompleted,
  isRunFailed,
  isTextComplete,
  isTextDelta,
  isToolCallRequested,
  isTurnCompleted,
} from "./guards.ts";
export type { Exchange, Fetch, NetworkOptions } from "./network-transport.ts";
export type { ConfigEnvelope, ConfigHistory, ConfigHistoryOptions } from "./realm-config.ts";
export type { HealthDimension, RuntimeHealth } from "./contract/index.ts";
export type { RealmDeletion, RealmInfo } from "./realms.ts";
export type {
  RewindResult,
  RunResult,
  SessionHistory,
  SessionInfo,
  SessionSummary,
} from "./results.ts";
export { DeferredSession, type HistoryOptions, Session } from "./session.ts";
export type { StreamOutcome } from "./stream-router.ts";
export { EventSubscription, type SubscribeOptions } from "./subscription.ts";
export type { ForkOptions, RewindOptions } from "./transcript.ts";
export type {
  NewShare,
  NewToken,
  ShareOptions,
  TokenInfo,
  TokenOptions,
  TokenSelf,
} from "./tokens.ts";
export type { OutgoingMessage, Socket, SocketListener, Transport } from "./transport.ts";
export type { CallOptions, Prompt, SessionOptions, TurnOptions } from "./turn-options.ts";
export type { WebSocketClass, WebSocketEvent, WebSocketLike } from "./web-socket.ts";
