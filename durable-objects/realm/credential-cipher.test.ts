import { describe, expect, it } from "vitest";
import { CredentialCipher } from "./credential-cipher.ts";

const one = `one:${btoa("1".repeat(32))}`;
const two = `two:${btoa("2".repeat(32))}`;
const label = ["openai", null];

describe("CredentialCipher", () => {
  it("opens what it sealed, and seals the same text differently each time", async () => {
    const cipher = new CredentialCipher(one, "realm-a");
    const [first, second] = [await cipher.seal(label, "sk-1"), await cipher.seal(label, "sk-1")];

    expect(await cipher.open(label, first)).toBe("sk-1");
    expect(first.keyId).toBe("one");
    expect(first.data).not.toEqual(second.data);
  });

  it("seals with the first key and opens with all", async () => {
    const old = await new CredentialCipher(one, "realm-a").seal(label, "sk-1");
    const rotated = new CredentialCipher(`${two}, ${one}`, "realm-a");

    expect(await rotated.open(label, old)).toBe("sk-1");
    expect((await rotated.seal(label, "sk-1")).keyId).toBe("two");
  });

  it.each([
    ["in another realm", "realm-b", label],
    ["for another provider", "realm-a", ["gemini", null]],
    ["for another address", "realm-a", ["openai", "https://evil.example"]],
  ])("does not open %s", async (_, realm, other) => {
    const sealed = await new CredentialCipher(one, "realm-a").seal(label, "sk-1");

    await expect(new CredentialCipher(one, realm).open(other, sealed)).rejects.toMatchObject({
      code: "CONFIGURATION_ERROR",
      message: expect.stringContaining("does not open"),
    });
  });

  it("names the key that it lacks", async () => {
    const sealed = await new CredentialCipher(one, "realm-a").seal(label, "sk-1");

    await expect(new CredentialCipher(two, "realm-a").open(label, sealed)).rejects.toMatchObject({
      code: "CONFIGURATION_ERROR",
      details: { secret: "RKAT_CREDENTIALS_KEY", key_id: "one" },
    });
  });

  it.each([
    [undefined, "is not set"],
    ["", "is not set"],
    ["no-id-secretly", "is malformed"],
    [`short:${btoa("secretly")}`, "is malformed"],
    ["bad:s*cretly", "is malformed"],
    [`${one},${one}`, "has two keys of one id"],
  ])("refuses %j as a secret, and does not repeat it", async (secret, reason) => {
    const sealing = new CredentialCipher(secret, "realm-a").seal(label, "sk-1");

    const refused = await sealing.catch((cause: unknown) => cause);
    expect(refused).toMatchObject({
      code: "CONFIGURATION_ERROR",
      message: `The deployment's secret RKAT_CREDENTIALS_KEY ${reason}${reason === "is not set" ? ": provider credentials cannot be sealed" : ""}`,
      details: { secret: "RKAT_CREDENTIALS_KEY" },
    });
    expect(JSON.stringify(refused)).not.toContain("secretly");
  });
});
