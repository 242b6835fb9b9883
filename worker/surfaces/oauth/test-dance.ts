import { base64url } from "jose";

type Json = Record<string, unknown>;

/** Sends a request to a deployment, real or in this isolate. */
export type Ask = (url: string, init?: RequestInit) => Promise<Response>;

/** What a token endpoint answers. */
export interface Tokens extends Json {
  access_token: string;
  refresh_token: string;
  expires_in: number;
  scope: string;
  error?: string;
}

/** What somebody does with the consent page. */
export interface Answer {
  token?: string;
  decision?: "approve" | "deny";
  /** Those to leave ticked; all of them unless given. */
  scopes?: string[];
}

/** What may differ in an authorization request. */
export type Wish = Partial<Record<string, string | undefined>>;

export const REDIRECT = "https://client.example/callback";

/** An OAuth client by hand, so that each step can be done wrongly. */
export class Dance {
  readonly #ask: Ask;
  readonly origin: string;
  readonly verifier = `${crypto.randomUUID()}${crypto.randomUUID()}`;

  constructor(origin: string, ask: Ask) {
    this.origin = origin;
    this.#ask = ask;
  }

  /** A client that registers itself. */
  async register(metadata: Json = {}): Promise<string> {
    const body = {
      client_name: "Test client",
      redirect_uris: [REDIRECT],
      token_endpoint_auth_method: "none",
      ...metadata,
    };
    const response = await this.#ask(`${this.origin}/oauth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.status !== 201) throw new Error(`not registered: ${response.status}`);
    // What RFC 7591 answers with.
    const { client_id } = (await response.json()) as { client_id: string };
    return client_id;
  }

  async authorizeUrl(clientId: string, wish: Wish = {}): Promise<string> {
    const url = new URL(`${this.origin}/oauth/authorize`);
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(this.verifier));
    const params: Wish = {
      response_type: "code",
      client_id: clientId,
      redirect_uri: REDIRECT,
      code_challenge: base64url.encode(new Uint8Array(digest)),
      code_challenge_method: "S256",
      state: "a-state",
      scope: "read run",
      resource: `${this.origin}/mcp`,
      ...wish,
    };
    for (const [name, value] of Object.entries(params)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    return url.href;
  }

  /** Opens the page and sends its form, as a browser would. */
  async consent(url: string, answer: Answer): Promise<Response> {
    const page = await this.#ask(url, { redirect: "manual" });
    if (page.status !== 200) return page;
    const cookies = page.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
    return await this.submit(url, await page.text(), cookies.join("; "), answer);
  }

  async submit(url: string, page: string, cookie: string, answer: Answer): Promise<Response> {
    const { token = "", decision = "approve", scopes } = answer;
    const offered = [...page.matchAll(/name="scope" value="(\w+)"/g)].map(([, scope]) => scope);
    const form = new URLSearchParams({ token, decision });
    form.set("handle", /name="handle" value="([^"]+)"/.exec(page)?.[1] ?? "");
    for (const scope of offered) {
      if (scope && (scopes ?? offered).includes(scope)) form.append("scope", scope);
    }
    return await this.#ask(url, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        cookie,
        origin: this.origin,
      },
      body: form.toString(),
    });
  }

  /** Where the page sends the browser on to. */
  async sentOn(response: Response): Promise<URLSearchParams> {
    const [, target] = /content="0;url=([^"]+)"/.exec(await response.text()) ?? [];
    if (!target) throw new Error(`nothing to go on to: ${response.status}`);
    return new URL(target.replaceAll("&amp;", "&")).searchParams;
  }

  /** The whole way to a code. */
  async code(clientId: string, answer: Answer, wish: Wish = {}): Promise<string> {
    const response = await this.consent(await this.authorizeUrl(clientId, wish), answer);
    return (await this.sentOn(response)).get("code") ?? "";
  }

  async token(params: Wish): Promise<{ status: number; body: Tokens; headers: Headers }> {
    const given = Object.entries(params).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    );
    const response = await this.#ask(`${this.origin}/oauth/token`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(given).toString(),
    });
    const text = await response.text();
    const { status, headers } = response;
    return { status, headers, body: JSON.parse(text === "" ? "{}" : text) as Tokens };
  }

  async exchange(clientId: string, code: string, other: Wish = {}) {
    return await this.token({
      grant_type: "authorization_code",
      client_id: clientId,
      code,
      redirect_uri: REDIRECT,
      code_verifier: this.verifier,
      resource: `${this.origin}/mcp`,
      ...other,
    });
  }

  async refresh(clientId: string, refreshToken: string, other: Wish = {}) {
    return await this.token({
      grant_type: "refresh_token",
      client_id: clientId,
      refresh_token: refreshToken,
      ...other,
    });
  }

  /** A client with its tokens, by the straight way. */
  async signedIn(answer: Answer, wish: Wish = {}): Promise<Tokens & { clientId: string }> {
    const clientId = await this.register();
    const code = await this.code(clientId, answer, wish);
    const { resource } = wish;
    const { status, body } = await this.exchange(clientId, code, resource ? { resource } : {});
    if (status !== 200) throw new Error(`no token: ${JSON.stringify(body)}`);
    return { ...body, clientId };
  }
}
