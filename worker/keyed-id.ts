import { v5 as uuidv5 } from "uuid";

const NAMESPACE = "5a1f6d0e-2c0b-4c55-9d0a-7d6c7e5b1a40";

/**
 * The id of the session that a keyed request creates. It follows from the key, so that a repeated
 * request reaches the same object, which knows what it answered: no table of keys is needed.
 */
export async function keyedId(realm: string, key: string): Promise<string> {
  return uuidv5(`${realm}/${key}`, NAMESPACE);
}
