import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  OAuthTokens,
} from "@modelcontextprotocol/client";
import type { Answer, Dance } from "./test-dance.ts";

/** What the SDK's client keeps while it signs in. */
export class SignIn implements OAuthClientProvider {
  readonly redirectUrl = "http://127.0.0.1:4711/callback";
  readonly clientMetadataUrl?: string;
  readonly clientMetadata: OAuthClientMetadata = {
    client_name: "The SDK",
    redirect_uris: [this.redirectUrl],
    token_endpoint_auth_method: "none",
  };
  /** The last address that somebody was to open. */
  asked = "";
  /** Whether the client registered itself. */
  registered = false;
  #client: OAuthClientInformationMixed | undefined;
  #tokens: OAuthTokens | undefined;
  #verifier = "";
  #discovered: OAuthDiscoveryState | undefined;

  constructor(documentUrl: string | undefined) {
    if (documentUrl !== undefined) this.clientMetadataUrl = documentUrl;
  }

  clientInformation() {
    return this.#client;
  }

  saveClientInformation(client: OAuthClientInformationMixed) {
    this.registered = client.client_id !== this.clientMetadataUrl;
    this.#client = client;
  }

  tokens() {
    return this.#tokens;
  }

  saveTokens(tokens: OAuthTokens) {
    this.#tokens = tokens;
  }

  redirectToAuthorization(url: URL) {
    this.asked = url.href;
  }

  saveCodeVerifier(verifier: string) {
    this.#verifier = verifier;
  }

  codeVerifier() {
    return this.#verifier;
  }

  saveDiscoveryState(state: OAuthDiscoveryState) {
    this.#discovered = state;
  }

  discoveryState() {
    return this.#discovered;
  }

  /** Somebody opens the address and answers. @returns what the client is sent */
  async answered(dance: Dance, answer: Answer): Promise<URLSearchParams> {
    return await dance.sentOn(await dance.consent(this.asked, answer));
  }

  /** As if the access token had come to its end. */
  spoilAccess() {
    if (this.#tokens) this.#tokens = { ...this.#tokens, access_token: "rkat_sdk.gone" };
  }
}
