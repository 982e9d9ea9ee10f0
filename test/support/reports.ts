/** Reports as a proxy makes them, for the pages: incidents as they were, and packages with invented names. */

import type { PackageReport } from "../../core/package-report.ts";
import type { ReleaseReport, ReleaseSummary } from "../../core/report.ts";

const FORGE = "https://forge.acme.example/security/packages-policy";
const COMMIT = "4f1c09d2ab7e6c5d8893c0a1e7b5f2d6a9c3e810";

/** An allowed release of which there is nothing to say. */
export function reportOf(given: Partial<ReleaseReport> = {}): ReleaseReport {
  return {
    code: "POLICY_ALLOWED",
    decision: "allow",
    purl: "pkg:npm/%40acme/forms@2.4.1",
    policy: null,
    rule: null,
    reason: "",
    evidence: [],
    until: null,
    bundle: { revision: 41, digest: `sha256:${"7c9e1f".padEnd(64, "0a3b")}` },
    decidedAt: "2026-11-22T12:00:00Z",
    remediation: { requestUrl: null, alternatives: [], approvalUrl: null, command: null },
    retry: "It may be installed.",
    verdicts: [],
    skipped: [],
    release: summaryOf(),
    previous: { version: "2.4.0", published: "2026-08-30T08:00:00Z", changes: [] },
    ...given,
  };
}

export function summaryOf(given: Partial<ReleaseSummary> = {}): ReleaseSummary {
  return {
    version: "2.4.1",
    published: "2026-10-02T09:14:00Z",
    publisher: "acme-release-bot",
    license: "MIT",
    repository: "https://forge.acme.example/web/forms",
    deprecated: null,
    yanked: false,
    yankedReason: null,
    size: 48_213,
    installScripts: [],
    provenance: { present: true, lost: false, lostFrom: null },
    attestation: {
      verified: true,
      problem: null,
      repository: "https://forge.acme.example/web/forms",
      workflow: "https://forge.acme.example/web/forms/.github/workflows/release.yml@refs/tags/v2.4.1",
    },
    advisories: [],
    files: [
      {
        name: "forms-2.4.1.tgz",
        size: 11_932,
        digests: { sha1: "5e".padEnd(40, "c4"), sha512: "9b".padEnd(128, "41f7") },
      },
    ],
    ...given,
  };
}

const change = { commit: COMMIT, author: "Package policy <policy@acme.example>", date: "2026-11-03T10:20:00Z" };

/** The incident of July 2018. */
export const BLOCKED = reportOf({
  code: "POLICY_BLOCKED",
  error: "cordon: blocked pkg:npm/eslint-scope@3.7.2: …",
  decision: "block",
  purl: "pkg:npm/eslint-scope@3.7.2",
  policy: "known-malicious",
  rule: "malware",
  reason: "Malicious package: its install script sends the npm credentials of whoever installs it to the attackers.",
  evidence: [{ id: "GHSA-hxxf-q3w9-4xgw", source: "ghsa", url: "https://advisories.example/GHSA-hxxf-q3w9-4xgw" }],
  remediation: {
    requestUrl: "https://packages.acme.example/-/why/pkg:npm/eslint-scope@3.7.2#request",
    alternatives: ["3.7.3", "9.0.0", "3.7.1"],
    approvalUrl: `${FORGE}/new/main?filename=approvals%2Fnpm%2Feslint-scope%403.7.2.yaml`,
    command: 'cordon quarantine request pkg:npm/eslint-scope@3.7.2 --reason "…"',
  },
  retry: "Do not retry.",
  verdicts: [
    {
      policy: "known-malicious",
      rule: "malware",
      verdict: "block",
      reason:
        "Malicious package: its install script sends the npm credentials of whoever installs it to the attackers.",
      until: null,
      mode: "enforce",
      liftedBy: null,
      source: {
        title: "Block releases that an advisory calls malicious",
        description:
          "The release is an attack on whoever installs it. Choose another version; if it is installed somewhere already, treat that machine's secrets as stolen. An approval lifts this policy only if it names it and says `override: malicious`.",
        file: "policies/known-malicious.yaml",
        line: 19,
        condition: "size(variables.reports) > 0",
        change,
        url: `${FORGE}/blob/${COMMIT}/policies/known-malicious.yaml#L19`,
        approvable: false,
      },
    },
    {
      policy: "install-scripts",
      rule: "new-scripts",
      verdict: "quarantine",
      reason: "It runs an install script that the release before did not have.",
      until: null,
      mode: "enforce",
      liftedBy: null,
      source: {
        title: "Hold releases whose install scripts are new",
        description: "Most attacks on those who install a package are an install script that was not there before.",
        file: "policies/install-scripts.yaml",
        line: 24,
        condition:
          'release.installScriptsChange in ["new", "changed"] &&\n!(pkg.purl in lists.allowed) &&\nnow - release.installScriptsSince < duration(params.settled)',
        change: { ...change, commit: "90b2c7714de01f5ab3c2f3e0d7a6459182bc0ffe", date: "2026-09-18T15:02:00Z" },
        url: `${FORGE}/blob/${COMMIT}/policies/install-scripts.yaml#L24`,
        approvable: true,
      },
    },
  ],
  release: summaryOf({
    version: "3.7.2",
    published: "2018-07-12T09:49:24Z",
    publisher: null,
    license: "BSD-2-Clause",
    repository: "https://forge.example/eslint/eslint-scope",
    size: 111_400,
    installScripts: [{ name: "postinstall", text: "node ./lib/build.js" }],
    provenance: null,
    attestation: null,
    advisories: [
      {
        id: "GHSA-hxxf-q3w9-4xgw",
        kind: "malicious",
        severity: "critical",
        score: 9.8,
        summary: "Version 3.7.2 downloads and runs code that reads .npmrc and sends the tokens in it to the attackers.",
        fixed: ["3.7.3"],
        source: "ghsa",
        url: "https://advisories.example/GHSA-hxxf-q3w9-4xgw",
      },
    ],
    files: [
      {
        name: "eslint-scope-3.7.2.tgz",
        size: 21_020,
        digests: { sha1: "b5".padEnd(40, "d09e"), sha512: "1f".padEnd(128, "c2a8") },
      },
    ],
  }),
  previous: {
    version: "3.7.1",
    published: "2017-04-12T20:10:00Z",
    changes: [{ what: "install script postinstall", before: null, after: "node ./lib/build.js" }],
  },
  approval: {
    path: "approvals/npm/eslint-scope@3.7.2.yaml",
    text: [
      "apiVersion: cordon/v1",
      "kind: Approval",
      "spec:",
      '  purl: "pkg:npm/eslint-scope@3.7.2"',
      `  digests: ["sha512:${"1f".padEnd(128, "c2a8")}"]`,
      '  policies: ["known-malicious","install-scripts"]',
      '  reason: "TODO: why it is needed, and what was reviewed"',
      '  requestedBy: "TODO"',
      '  approvedBy: "TODO"',
      '  created: "2026-11-22T12:00:00Z"',
      '  expires: "TODO"',
      "",
    ].join("\n"),
  },
});

/** A fresh release, held for its age. */
export const HELD = reportOf({
  code: "POLICY_HELD",
  error: "cordon: held pkg:pypi/acme-metrics@4.2.0: …",
  decision: "quarantine",
  purl: "pkg:pypi/acme-metrics@4.2.0",
  policy: "release-age",
  rule: "too-young",
  reason: "It was published at 2026-11-20T16:40:00Z, less than 72h ago.",
  until: "2026-11-23T16:40:00Z",
  remediation: {
    requestUrl: "https://packages.acme.example/-/why/pkg:pypi/acme-metrics@4.2.0#request",
    alternatives: ["4.1.7"],
    approvalUrl: `${FORGE}/new/main?filename=approvals%2Fpypi%2Facme-metrics%404.2.0.yaml`,
    command: 'cordon quarantine request pkg:pypi/acme-metrics@4.2.0 --reason "…"',
  },
  verdicts: [
    {
      policy: "release-age",
      rule: "too-young",
      verdict: "quarantine",
      reason: "It was published at 2026-11-20T16:40:00Z, less than 72h ago.",
      until: "2026-11-23T16:40:00Z",
      mode: "enforce",
      liftedBy: null,
      source: {
        title: "Hold fresh releases",
        description:
          "Most malicious releases are found within three days. Until then a release is held; it comes free by itself. Packages of `lists/allowed.yaml` are not held.",
        file: "policies/release-age.yaml",
        line: 29,
        condition: "variables.age < duration(params.minAge)",
        change: { ...change, date: "2026-06-11T07:45:00Z" },
        url: `${FORGE}/blob/${COMMIT}/policies/release-age.yaml#L29`,
        approvable: true,
      },
    },
    {
      policy: "provenance",
      rule: "lost",
      verdict: "warn",
      reason: "4.1.7 was attested by its builder, this release is not.",
      until: null,
      mode: "audit",
      liftedBy: null,
      source: {
        title: "Hold releases that lost their provenance",
        description: "",
        file: "policies/provenance.yaml",
        line: 14,
        condition: "has(release.provenance) && release.provenance.lost",
        change: null,
        url: null,
        approvable: true,
      },
    },
  ],
  release: summaryOf({
    version: "4.2.0",
    published: "2026-11-20T16:40:00Z",
    publisher: null,
    license: "Apache-2.0",
    repository: "https://forge.acme.example/observability/acme-metrics",
    size: null,
    provenance: { present: false, lost: true, lostFrom: "4.1.7" },
    attestation: null,
    files: [
      { name: "acme_metrics-4.2.0-py3-none-any.whl", size: 88_410, digests: { sha256: "3d".padEnd(64, "e1") } },
      { name: "acme_metrics-4.2.0.tar.gz", size: 131_077, digests: { sha256: "aa".padEnd(64, "07") } },
    ],
  }),
  previous: {
    version: "4.1.7",
    published: "2026-09-01T11:30:00Z",
    changes: [{ what: "build attestation", before: "there", after: null }],
  },
  approval: { path: "approvals/pypi/acme-metrics@4.2.0.yaml", text: "apiVersion: cordon/v1\nkind: Approval\n" },
});

/** Served, without what an install would run. */
export const STRIPPED = reportOf({
  code: "POLICY_STRIPPED",
  decision: "strip-scripts",
  purl: "pkg:npm/acme-native@1.8.0",
  policy: "install-scripts",
  rule: "strip",
  reason: "Install scripts of packages that nobody has reviewed are taken out.",
  release: summaryOf({
    version: "1.8.0",
    installScripts: [{ name: "install", text: "node-gyp rebuild" }],
    attestation: null,
    provenance: { present: false, lost: false, lostFrom: null },
  }),
});

export const ALLOWED = reportOf();

export const PACKAGE: PackageReport = {
  purl: "pkg:npm/%40acme/tokens",
  allowed: ["3.1.2", "3.1.0", "3.0.2", "3.0.1", "3.0.0", "2.8.4", "2.8.3", "2.8.2", "2.8.1", "2.8.0", "2.7.1", "1.9.6"],
  denied: [
    {
      ...summaryOfDenial("pkg:npm/%40acme/tokens@3.1.1"),
      code: "POLICY_BLOCKED",
      decision: "block",
      policy: "known-malicious",
      rule: "malware",
      reason: "Malicious package: published with a stolen token; it sends the environment of a build to the attackers.",
      until: null,
    },
    {
      ...summaryOfDenial("pkg:npm/%40acme/tokens@3.2.0"),
      code: "POLICY_HELD",
      decision: "quarantine",
      policy: "release-age",
      rule: "too-young",
      reason: "It was published at 2026-11-21T08:05:00Z, less than 72h ago.",
      until: "2026-11-24T08:05:00Z",
    },
  ],
  more: 0,
};

function summaryOfDenial(purl: string): PackageReport["denied"][number] {
  const { release, previous, verdicts, skipped, approval, ...denial } = reportOf({ purl });
  return { ...denial, error: "cordon: …" };
}
