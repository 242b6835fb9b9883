/** What the user signed in with. Without a token the deployment must be open to this machine. */
export interface Credentials {
  token?: string | undefined;
  /** The realm; the token's own or the deployment's default when left out. */
  realm?: string | undefined;
}

const KEY = "meerkat.access";

/** What this tab, or else this device, remembers. */
export function storedCredentials(): Credentials | undefined {
  const text = sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
  if (text === null) return undefined;
  try {
    const { token, realm } = JSON.parse(text) as Record<string, unknown>;
    return {
      ...(typeof token === "string" ? { token } : {}),
      ...(typeof realm === "string" ? { realm } : {}),
    };
  } catch {
    forgetCredentials();
    return undefined;
  }
}

/** Keeps credentials for this tab, or for this device. They are never part of an address. */
export function keepCredentials(credentials: Credentials, isForDevice: boolean): void {
  forgetCredentials();
  const storage = isForDevice ? localStorage : sessionStorage;
  storage.setItem(KEY, JSON.stringify(credentials));
}

export function forgetCredentials(): void {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}
