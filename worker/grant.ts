import { type Access, AppError } from "../sdk/contract/index.ts";

/** What a request may do, and whether in other realms than the one it is about. */
export interface Grant extends Access {
  reach: "deployment" | "realm";
  /** The realm that the credential is of, if it is of one. */
  realm?: string;
  /** The OAuth client that it was granted to, which may use it for MCP only. */
  client?: string;
  /** The token that vouched for that client. */
  voucher?: string | undefined;
}

/** A credential of one realm that is used for another. */
export function boundTo(realm: string): AppError {
  const message = `This access is bound to realm '${realm}'`;
  return new AppError("SCOPE_DENIED", message, { realm_id: realm });
}
