import { describe, expect, it } from "vitest";
import { readAudit } from "./audit-report.node.ts";
import { refusedLicences } from "./licence-rules.node.ts";

describe("licences", () => {
  it.each([
    ["a permissive one", "left-pad", "MIT", true],
    ["a choice with a permissive one in it", "both", "(GPL-3.0-only OR MIT)", true],
    ["all of several", "all", "Apache-2.0 AND BSD-3-Clause", true],
    ["one of several that is not agreed to", "some", "MIT AND GPL-3.0-only", false],
    ["copyleft", "copyleft", "AGPL-3.0-only", false],
    ["an exception", "@img/sharp-libvips-linux-x64", "LGPL-3.0-or-later", true],
    ["an exception of another package", "other", "LGPL-3.0-or-later", false],
  ])("%s", (_, name, license, isFine) => {
    const refused = refusedLicences({
      "": {},
      [`node_modules/a/node_modules/${name}`]: { license },
    });
    expect(refused).toEqual(isFine ? [] : [{ name, licence: license }]);
  });

  it("a package without any is refused", () => {
    expect(refusedLicences({ "node_modules/none": {} })).toHaveLength(1);
  });
});

describe("an audit", () => {
  const url = "https://github.com/advisories/GHSA-xxxx";
  const advisory = { name: "pad", severity: "high", title: "Pads too much", url };
  const report = JSON.stringify({ vulnerabilities: { pad: { via: [advisory, "other"] } } });

  it("tells vulnerable from clean, and from agreed to", () => {
    const findings = [`pad | high | Pads too much | ${url}`];
    expect(readAudit(report)).toEqual({ outcome: "vulnerable", findings });
    expect(readAudit(report, new Map([["GHSA-xxxx", "not reached"]]))).toEqual({
      outcome: "clean",
      findings: [],
    });
    expect(readAudit('{"vulnerabilities":{}}')).toMatchObject({ outcome: "clean" });
  });

  it.each([
    ['{"message":"405 Method Not Allowed","method":"POST"}', "405 Method Not Allowed"],
    ["", "the answer is no report"],
    ["<html>", "the answer is no report"],
  ])("that nobody answered is neither: %s", (output, reason) => {
    expect(readAudit(output)).toEqual({ outcome: "not asked", reason });
  });
});
