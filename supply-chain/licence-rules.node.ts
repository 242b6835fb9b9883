/** Licences that ask for no more than to be named. */
const allowed: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "PSF-2.0",
  "Unlicense",
]);

/** Packages with other terms, by the beginning of their name, and why that is all right. */
const exceptions: readonly { prefix: string; licence: string; reason: string }[] = [
  {
    prefix: "@img/sharp-",
    licence: "LGPL-3.0-or-later",
    reason: "libvips, linked dynamically by Miniflare on a laptop; no part of the Worker",
  },
  {
    prefix: "axe-core",
    licence: "MPL-2.0",
    reason: "looks at the console in tests, unchanged; no part of what is served",
  },
  {
    prefix: "lightningcss",
    licence: "MPL-2.0",
    reason: "used by Vite in tests, unchanged; the licence binds changes to its own files only",
  },
  {
    prefix: "@modelcontextprotocol/inspector",
    licence: "SEE LICENSE IN LICENSE",
    reason: "a tool of the tests; the file says MIT and Apache-2.0",
  },
];

/** Packages of a lockfile whose licence nobody has agreed to; one without a licence is among them. */
export function refusedLicences(
  packages: Readonly<Record<string, { license?: string }>>,
): { name: string; licence: string }[] {
  return Object.entries(packages)
    .filter(([path]) => path.startsWith("node_modules/"))
    .map(([path, { license = "no licence" }]) => ({
      name: path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
      licence: license,
    }))
    .filter(({ name, licence }) => !isFine(name, licence));
}

/** SPDX expressions as they occur: alternatives, of which each may be several at once. */
function isFine(name: string, expression: string): boolean {
  return expression
    .replaceAll(/[()]/g, "")
    .split(" OR ")
    .some((choice) => choice.split(" AND ").every((licence) => isAgreed(name, licence.trim())));
}

function isAgreed(name: string, licence: string): boolean {
  const isException = exceptions.some(
    (exception) => name.startsWith(exception.prefix) && exception.licence === licence,
  );
  return isException || allowed.has(licence);
}
