/** What a reader sees in place of a secret; written back, it means "unchanged" (contract 8.3). */
export const REDACTED = "[redacted]";

const secretKey =
  /(^|_)(api_?keys?|token|secrets?|password|passwd|credentials?|authorization|(private|access|signing|encryption)_?key|passphrase|bearer|jwt|cookies?|headers|env)$/;

const address = /^[a-z][a-z\d+.-]*:\/\/\S+$/i;
// Names as servers use them in a query: `key`, `api_key`, `X-Amz-Signature`, `sig`, `code`.
const secretParameter =
  /([?&;](?:[\w.%-]*(?:key|token|secret|passwd|password|signature|credential|jwt|auth)|sig|code|pass|pwd)=)[^&;#\s]+/gi;
const userOfAddress = /(\/\/[^/?#\s:@]*:)[^/?#\s@]+(?=@)/;

/** Whether a value under this key of a config is a secret. */
export function isSecretKey(key: string): boolean {
  const name = key.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`).replaceAll("-", "_");
  return secretKey.test(name.toLowerCase());
}

/** A text that is an address, without the secrets in its query and in front of its host; others as they are. */
export function shownAddress(text: string): string {
  if (!address.test(text)) return text;
  return text.replaceAll(secretParameter, `$1${REDACTED}`).replace(userOfAddress, `$1${REDACTED}`);
}
