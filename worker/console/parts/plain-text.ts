// Escape sequences of terminals, whole: colours, movements, titles and links.
// oxlint-disable-next-line no-control-regex
const sequences = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)|[@-Z\\-_])/g;
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0008\u000B-\u001F\u007F]/g;
// oxlint-disable-next-line no-control-regex
const suspicious = /[\u0000-\u0008\u000B-\u001F\u007F]/;

/** Text without what was meant for a terminal; other control characters are made visible. */
export function plainText(text: string): string {
  if (!suspicious.test(text)) return text;
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(sequences, "")
    .replaceAll(controls, (character) =>
      character === "\u007F" ? "␡" : String.fromCodePoint(0x2400 + character.codePointAt(0)!),
    );
}
