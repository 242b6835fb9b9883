import { AppError, type Authenticate } from "meerkat-edge/worker";

/**
 * The shop's own access tokens: `<shop>.<customer>.<signature>`, made where customers log in. Each shop is
 * a realm, so that none sees another's sessions; each customer sees those that carry their label.
 */
export const customers: Authenticate = async (request, env) => {
  const [, token = ""] = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "") ?? [];
  const [realm, customer, signature, ...more] = token.split(".");
  // Not one of ours: the deployment's own tokens are tried next.
  if (!realm || !customer || !signature || more.length > 0) return undefined;
  const text = new TextEncoder().encode(`${realm}.${customer}`);
  const key = await signingKey(env.APP_SECRET);
  if (!(await crypto.subtle.verify("HMAC", key, bytes(signature), text))) {
    throw new AppError("UNAUTHORIZED", "The access token is not valid");
  }
  return { actor: customer, realm, scopes: ["read", "run"], labels: { customer } };
};

function signingKey(secret: string): Promise<CryptoKey> {
  const raw = new TextEncoder().encode(secret);
  return crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
