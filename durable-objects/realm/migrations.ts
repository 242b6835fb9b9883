/** Append only. An object may wake after months with any prefix of this list applied. */
export const migrations = [
  `CREATE TABLE realm (
     realm_id TEXT PRIMARY KEY,
     backend TEXT NOT NULL,
     origin TEXT NOT NULL,
     instance_id TEXT,
     created_at INTEGER NOT NULL,
     generation INTEGER NOT NULL DEFAULT 0,
     config TEXT NOT NULL DEFAULT '{}'
   ) WITHOUT ROWID;
   CREATE TABLE sessions (
     session_id TEXT PRIMARY KEY,
     version INTEGER NOT NULL,
     created_at INTEGER NOT NULL,
     updated_at INTEGER NOT NULL,
     message_count INTEGER NOT NULL,
     total_tokens INTEGER NOT NULL,
     is_active INTEGER NOT NULL,
     archived INTEGER NOT NULL,
     model TEXT NOT NULL,
     provider TEXT NOT NULL,
     labels TEXT NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX sessions_by_use ON sessions (updated_at DESC, session_id) WHERE archived = 0;
   CREATE TABLE labels (
     key TEXT NOT NULL,
     value TEXT NOT NULL,
     session_id TEXT NOT NULL,
     PRIMARY KEY (key, value, session_id)
   ) WITHOUT ROWID;
   -- Single-use, for a minute: a browser trades its token for one, since it cannot set headers on a
   -- socket. Kept as a digest, like every secret.
   CREATE TABLE tickets (
     digest TEXT PRIMARY KEY,
     scopes TEXT NOT NULL,
     origin TEXT,
     expires_at INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE handles (
     id TEXT PRIMARY KEY,
     target TEXT NOT NULL,
     cursor INTEGER NOT NULL,
     expires_at INTEGER NOT NULL
   ) WITHOUT ROWID;
   -- Requests that clients have named, so that they can take them back.
   CREATE TABLE request_ids (
     request_id TEXT PRIMARY KEY,
     session_id TEXT,
     run_id TEXT,
     is_over INTEGER NOT NULL DEFAULT 0,
     created_at INTEGER NOT NULL
   ) WITHOUT ROWID;`,
  // Every session that was let in, also one that has not reported yet: what repair and deletion ask.
  `CREATE TABLE members (session_id TEXT PRIMARY KEY) WITHOUT ROWID;
   INSERT INTO members SELECT session_id FROM sessions;
   ALTER TABLE sessions ADD COLUMN archived_at INTEGER;
   UPDATE sessions SET archived_at = updated_at WHERE archived = 1;
   CREATE INDEX sessions_by_archive ON sessions (archived_at, session_id)
     WHERE archived_at IS NOT NULL;
   ALTER TABLE realm ADD COLUMN is_registered INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE realm ADD COLUMN deleting_at INTEGER;
   -- How far the realm's own deletion has come: one row at most.
   CREATE TABLE deletion (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     phase TEXT NOT NULL,
     cursor TEXT NOT NULL DEFAULT '',
     is_dirty INTEGER NOT NULL DEFAULT 0,
     total INTEGER NOT NULL,
     erased INTEGER NOT NULL DEFAULT 0,
     verified INTEGER NOT NULL DEFAULT 0,
     started_at INTEGER NOT NULL
   );
   -- Only in the reserved object that lists the deployment's realms. A deleted one leaves its proof.
   CREATE TABLE registry (
     realm_id TEXT PRIMARY KEY,
     deletion TEXT,
     deleted_at INTEGER
   ) WITHOUT ROWID;`,
  `ALTER TABLE tickets ADD COLUMN actor TEXT NOT NULL DEFAULT 'ticket';
   -- The document without its secrets: a key that was taken out of the config must be gone.
   CREATE TABLE config_history (
     generation INTEGER PRIMARY KEY,
     created_at INTEGER NOT NULL,
     actor TEXT NOT NULL,
     action TEXT NOT NULL,
     restored INTEGER,
     changed_keys TEXT NOT NULL,
     changed_count INTEGER NOT NULL,
     config TEXT NOT NULL
   );`,
  // The realm's books: a row per model call, in the order in which reports read them; and what is set
  // aside for the calls under way of sessions whose realm has a budget.
  `CREATE TABLE usage (
     day TEXT NOT NULL,
     session_id TEXT NOT NULL,
     number INTEGER NOT NULL,
     model TEXT NOT NULL,
     provider TEXT NOT NULL,
     input_tokens INTEGER NOT NULL,
     output_tokens INTEGER NOT NULL,
     cache_read_tokens INTEGER NOT NULL,
     cache_creation_tokens INTEGER NOT NULL,
     reasoning_tokens INTEGER NOT NULL,
     usd REAL,
     latency_ms INTEGER NOT NULL,
     retries INTEGER NOT NULL,
     tool_calls INTEGER NOT NULL,
     PRIMARY KEY (day, session_id, number)
   ) WITHOUT ROWID;
   CREATE TABLE reservations (
     session_id TEXT PRIMARY KEY,
     tokens INTEGER NOT NULL,
     usd REAL NOT NULL,
     expires_at INTEGER NOT NULL
   ) WITHOUT ROWID;`,
  `-- Keys for providers, sealed. A new sealing has a new iv.
   CREATE TABLE credentials (
     provider TEXT PRIMARY KEY,
     key_id TEXT NOT NULL,
     iv BLOB NOT NULL,
     sealed BLOB NOT NULL,
     base_url TEXT,
     last4 TEXT,
     created_at INTEGER NOT NULL,
     rotated_at INTEGER,
     last_tested_at INTEGER
   ) WITHOUT ROWID;`,
  // Used only where the config limits turns.
  `CREATE TABLE turn_places (
     session_id TEXT PRIMARY KEY,
     version INTEGER NOT NULL,
     admitted_at INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE turn_rate (id INTEGER PRIMARY KEY CHECK (id = 1), due_at REAL NOT NULL);`,
  `ALTER TABLE tickets ADD COLUMN confines TEXT NOT NULL DEFAULT '{}';
   -- Access tokens and shares. Of the secret only a digest is kept.
   CREATE TABLE tokens (
     token_id TEXT PRIMARY KEY,
     digest TEXT NOT NULL,
     name TEXT,
     scopes TEXT NOT NULL,
     confines TEXT NOT NULL,
     origins TEXT,
     created_at INTEGER NOT NULL,
     created_by TEXT NOT NULL,
     expires_at INTEGER,
     last_used_at INTEGER
   ) WITHOUT ROWID;
   -- Who did what. Each hash covers the one before, so that nothing can be changed or taken out unseen.
   CREATE TABLE audit (
     seq INTEGER PRIMARY KEY,
     at INTEGER NOT NULL,
     actor TEXT NOT NULL,
     operation TEXT NOT NULL,
     target TEXT NOT NULL,
     ip TEXT,
     hash TEXT NOT NULL
   );
   -- Where the chain begins now that older entries are gone: one row at most.
   CREATE TABLE audit_anchor (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     seq INTEGER NOT NULL,
     hash TEXT NOT NULL
   );`,
  // When the access ends that a ticket was traded for.
  `ALTER TABLE tickets ADD COLUMN access_ends INTEGER;`,
  `-- Whose turn took the place: a token's id, or nobody's.
   ALTER TABLE turn_places ADD COLUMN holder TEXT NOT NULL DEFAULT '';
   DROP TABLE turn_rate;
   -- When the next turn comes due, of a token or, under no name, of the realm.
   CREATE TABLE turn_rates (holder TEXT PRIMARY KEY, due_at REAL NOT NULL) WITHOUT ROWID;`,
  `-- What a client was granted is a row without a secret; its access tokens are rows that name it.
   ALTER TABLE tokens ADD COLUMN client_id TEXT;
   ALTER TABLE tokens ADD COLUMN grant_id TEXT;
   -- The token that vouched for the grant, and ends it with itself.
   ALTER TABLE tokens ADD COLUMN parent_id TEXT;
   -- What the deployment's secrets were when it was granted.
   ALTER TABLE tokens ADD COLUMN mark TEXT;
   -- The OAuth library's record of the grant.
   ALTER TABLE tokens ADD COLUMN record_id TEXT;
   CREATE UNIQUE INDEX tokens_by_record ON tokens (record_id) WHERE record_id IS NOT NULL;
   -- The OAuth library's records: a realm's grants here, clients and open consent pages in the reserved object.
   CREATE TABLE oauth_records (
     key TEXT PRIMARY KEY,
     value TEXT NOT NULL,
     metadata TEXT,
     expires_at INTEGER
   ) WITHOUT ROWID;
   CREATE INDEX oauth_records_by_end ON oauth_records (expires_at) WHERE expires_at IS NOT NULL;`,
  `-- The secrets of the config, sealed; the config has marks in their places.
   ALTER TABLE realm ADD COLUMN secrets_key_id TEXT;
   ALTER TABLE realm ADD COLUMN secrets_iv BLOB;
   ALTER TABLE realm ADD COLUMN secrets BLOB;`,
  `-- Whether somebody agreed to something with a client: strangers register others.
   ALTER TABLE oauth_records ADD COLUMN is_trusted INTEGER NOT NULL DEFAULT 0;`,
] as const;
