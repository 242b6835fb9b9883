import { signal } from "@preact/signals";
import type { Fetch, WebSocketClass } from "meerkat-edge";

/** Whether the deployment could be reached when it was last asked. */
export const isLost = signal(false);

/** `fetch`, noticing whether there is a way to the deployment. */
export const watchedFetch: Fetch = async (input, init) => {
  try {
    const response = await fetch(input, init);
    isLost.value = false;
    return response;
  } catch (error) {
    if (!init?.signal?.aborted) isLost.value = true;
    throw error;
  }
};

/** A socket that tells when it is lost. The SDK opens another one, and goes on at its cursor. */
class WatchedSocket extends WebSocket {
  #isClosedByUs = false;

  constructor(url: string, protocols?: string[]) {
    super(url, protocols);
    this.addEventListener("open", () => (isLost.value = false));
    this.addEventListener("close", () => {
      if (!this.#isClosedByUs) isLost.value = true;
    });
  }

  override close(code?: number, reason?: string): void {
    this.#isClosedByUs = true;
    super.close(code, reason);
  }
}

/** The SDK's description of a socket class is narrower than the browser's. */
export const watchedSocket = WatchedSocket as unknown as WebSocketClass;
