/** Append only. An object may wake after months with any prefix of this list applied. */
export const migrations = [
  // A log row holds many events: the deltas of a step and the boundary that closes them. Each row
  // carries the session's state after it, so that state and log can never disagree. Texts that do
  // not fit one row continue in the next `part`. No secondary index: each would add a row per write.
  `CREATE TABLE session (
     session_id TEXT PRIMARY KEY,
     realm_id TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     labels TEXT NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE log (
     first INTEGER NOT NULL,
     part INTEGER NOT NULL,
     last INTEGER NOT NULL,
     state TEXT,
     body TEXT NOT NULL,
     PRIMARY KEY (first, part)
   ) WITHOUT ROWID;
   CREATE TABLE messages (
     position INTEGER NOT NULL,
     part INTEGER NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (position, part)
   ) WITHOUT ROWID;
   -- Tools that clients run, by who brought them: the session or the present turn.
   CREATE TABLE documents (
     name TEXT NOT NULL,
     part INTEGER NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (name, part)
   ) WITHOUT ROWID;
   -- What was asked under an idempotency key, and where its answer starts in the log.
   CREATE TABLE requests (
     key TEXT PRIMARY KEY,
     hash TEXT NOT NULL,
     run_id TEXT NOT NULL,
     first_seq INTEGER NOT NULL,
     created_at INTEGER NOT NULL
   ) WITHOUT ROWID;
   -- What waits to be told to the model.
   CREATE TABLE inputs (
     position INTEGER NOT NULL,
     part INTEGER NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (position, part)
   ) WITHOUT ROWID;
   -- Turns that were asked for while another ran.
   CREATE TABLE queue (
     position INTEGER NOT NULL,
     part INTEGER NOT NULL,
     run_id TEXT NOT NULL,
     status TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (position, part)
   ) WITHOUT ROWID;`,
  // What rewinds took out of the transcript, by the place of each rewind in the log.
  `CREATE TABLE removed_messages (
     seq INTEGER NOT NULL,
     position INTEGER NOT NULL,
     part INTEGER NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (seq, position, part)
   ) WITHOUT ROWID;`,
  // Prompts that join a run stand in the queue as well; their body is the messages themselves.
  `ALTER TABLE queue ADD COLUMN joins TEXT;`,
] as const;
