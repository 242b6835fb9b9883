import { createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

// As the deployment does it: worker/access-token.ts.
const [SALT, ITERATIONS, KEY_BYTES, CHECK_CHARS] = ["meerkat access tokens", 100_000, 32, 8];

/** Makes access tokens that nobody issued, with checks that hold: only their realm can tell them from real ones. */
export function forger(deploymentKey: string): (realm: string) => string {
  const key = pbkdf2Sync(deploymentKey, SALT, ITERATIONS, KEY_BYTES, "sha256");
  return (realm) => {
    const [id, secret] = [randomBytes(8).toString("hex"), randomBytes(32).toString("base64url")];
    const body = `rkat_${realm}.${id}.${secret}`;
    const check = createHmac("sha256", key).update(body).digest("base64url").slice(0, CHECK_CHARS);
    return `${body}.${check}`;
  };
}
