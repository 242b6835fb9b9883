import * as z from "zod";

/** Reserved (contract 1.1): the object of this name keeps the list of all realms. */
export const REGISTRY_REALM = "global";

/** A realm's name: 1 to 64 of A-Z a-z 0-9 _ -, starting with a letter or digit, and no UUID (contract 1.1). */
export const RealmId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
    "a realm name has 1 to 64 letters, digits, '_' or '-' and starts with a letter or digit",
  )
  .refine((name) => !z.guid().safeParse(name).success, "a realm name must not be a UUID")
  .refine((name) => name !== REGISTRY_REALM, `the realm name '${REGISTRY_REALM}' is reserved`);

/** `<session_id>` or `<realm_id>:<session_id>`. Checked where the realm is known, so that the error can name it. */
export const SessionLocator = z.string().max(128).meta({
  description: "A session id (UUID), or `<realm_id>:<session_id>`",
});

const labelText = z.string().max(256);

/** Free pairs of strings, at most 64; set when the session is created. */
export const Labels = z
  .record(z.string().min(1).max(128), labelText)
  .refine((labels) => Object.keys(labels).length <= 64, "at most 64 labels");
export type Labels = z.infer<typeof Labels>;

const reservedLabels = new Set(["mob_id", "role", "meerkat_id"]);

/** Labels as a client may set them: some keys are the deployment's own. */
export const OwnLabels = Labels.refine(
  (labels) => !Object.keys(labels).some((key) => reservedLabels.has(key)),
  `label keys ${[...reservedLabels].join(", ")} are reserved`,
);
