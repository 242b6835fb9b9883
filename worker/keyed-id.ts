import { v5 as uuidv5 } from "uuid";

const NAMESPACE = "5a1f6d0e-2c0b-4c55-9d0a-7d6c7e5b1a40";

/**
 * The id of the session that a keyed request creates. It follows from the key, so that a repeated
 * request reaches the same object, which knows what it answered: no table of keys is needed. A key
 * that is a version 7 UUID, as our own clients send, hands on its time, so that ids stay in order.
 */
export function keyedId(realm: string, key: string): string {
  const derived = uuidv5(`${realm}/${key}`, NAMESPACE);
  const [, time] = /^([\da-f]{8}-[\da-f]{4})-7[\da-f]{3}-/i.exec(key) ?? [];
  return time ? `${time.toLowerCase()}-7${derived.slice(15)}` : derived;
}
