import * as z from "zod";
import { defineOperation } from "./operation.ts";

/** One deed of the realm's audit log. */
export const AuditEntry = z.object({
  seq: z.int(),
  /** Unix milliseconds. */
  at: z.int(),
  /** Whose: `admin`, `open`, or a token's id. */
  actor: z.string(),
  operation: z.string(),
  /** The ids that the operation was about. */
  target: z.record(z.string(), z.string()),
  /** The client's address, where the platform told it. */
  ip: z.string().nullable(),
  /** SHA-256, in hex, over the entry before's hash and this entry. */
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** Operations on the realm's audit log. */
export const auditOperations = {
  "audit/list": defineOperation({
    summary: "Read the realm's audit log, newest first",
    http: ["GET", "/audit"],
    scope: "admin",
    input: z.object({
      limit: z.coerce.number().int().positive().max(500).default(100),
      /** Only entries before this seq: the last one of the page before. */
      before: z.coerce.number().int().positive().optional(),
    }),
    output: z.object({ entries: z.array(AuditEntry), has_more: z.boolean() }),
  }),
  "audit/verify": defineOperation({
    summary: "Compute the audit log's chain of hashes again and compare",
    http: ["GET", "/audit/verify"],
    scope: "admin",
    input: z.object({}),
    output: z.object({
      valid: z.boolean(),
      checked: z.int(),
      /** The oldest entry that is kept. */
      first_seq: z.int().optional(),
      last_seq: z.int().optional(),
      /** The newest hash: whoever notes it elsewhere can tell later that nothing before it was changed. */
      head: z.string().optional(),
      /** The first entry that is not what was written, or comes after one that is missing. */
      broken_at: z.int().optional(),
    }),
  }),
};
export type AuditVerdict = z.infer<(typeof auditOperations)["audit/verify"]["output"]>;
