/** A JSON-RPC 2.0 message that the SDK sends. */
export interface OutgoingMessage {
  jsonrpc: "2.0";
  id?: number | string;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: { code: number; message: string; data?: unknown };
}

/** Who is told what a socket receives. `closed` comes once, last, also after an error. */
export interface SocketListener {
  message(data: unknown): void;
  closed(code: number, reason: string): void;
}

/** An open two-way connection for JSON-RPC text. */
export interface Socket {
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** How messages reach a deployment. The network is one way; a test or an embedding can bring another. */
export interface Transport {
  /**
   * Sends one request and resolves with the parsed answer, a JSON-RPC response.
   * @throws {MeerkatError} `CONNECTION_CLOSED` when there was no answer and a repetition may get one.
   */
  post(request: OutgoingMessage, signal?: AbortSignal): Promise<Record<string, unknown>>;
  /**
   * Opens a socket and resolves when it can send.
   * @throws {MeerkatError} `CONNECTION_CLOSED` when it cannot be opened now.
   */
  open(listener: SocketListener, signal?: AbortSignal): Promise<Socket>;
}
