const words: Readonly<Record<string, string>> = {
  "tokens/create": "Created a token",
  "tokens/revoke": "Revoked a token",
  "session/share": "Shared a session",
  "session/archive": "Archived a session",
  "session/fork_at": "Forked a session",
  "session/rewind": "Rewound a session",
  "config/set": "Replaced the config",
  "config/patch": "Changed the config",
  "config/restore": "Restored the config",
  "credentials/set": "Set a provider’s key",
  "credentials/delete": "Deleted a provider’s key",
  "credentials/rotate": "Sealed keys anew",
  "realms/create": "Created the realm",
  "realms/delete": "Deleted the realm",
  "realms/repair": "Repaired the realm",
};

/** What an operation is as a deed; a newer deployment may have others. */
export function wordsOf(operation: string): string {
  return words[operation] ?? operation;
}
