/** What dry runs found, for the reports on them: fourteen repositories of a company with an invented name, and incidents as they were. */
import type { DryRunReport, Input, JudgedRelease, Place, UnjudgedEntry } from "../../cli/dry-run/report.ts";
import { summarize } from "../../cli/dry-run/summary.ts";
import type { FactSource } from "../../core/policy/facts.ts";
import type { PurlType } from "../../core/purl.ts";
import type { Decision, Verdict } from "../../schemas/types/decision.ts";

const AT = "2026-11-22T12:00:00Z";
const BUNDLE = { revision: 41, digest: `sha256:${"7c9e1f".padEnd(64, "0a3b")}` };
const POLICIES = [
  ...[
    "cvss",
    "health",
    "install-scripts",
    "known-malicious",
    "licences",
    "new-publisher",
    "package-lists",
    "provenance",
  ],
  "release-age",
];

interface Given {
  readonly purl: string;
  readonly decision?: Verdict;
  readonly policy?: string;
  readonly rule?: string;
  readonly reason?: string;
  readonly until?: string;
  readonly evidence?: readonly string[];
  readonly skipped?: readonly string[];
  readonly unlisted?: boolean;
  readonly verdicts?: Decision["verdicts"];
  readonly alternatives?: string[];
  readonly places?: readonly Place[];
  readonly scripts?: boolean | null;
  readonly scriptVerdict?: Verdict | null;
  readonly missing?: readonly FactSource[];
  readonly problem?: string;
}

/** A release as a dry run judged it; left out: nothing is said against it. */
export function judged(given: Given): JudgedRelease {
  const { purl, decision = "allow", policy = null, rule = null, reason = "No policy objects.", until = null } = given;
  const { evidence = [], skipped = [], verdicts = [], places = [place("web/shop", "package-lock.json", 12)] } = given;
  return {
    decision: {
      ...{ decision, purl, policy, rule, reason, until, bundle: BUNDLE, decidedAt: AT },
      evidence: evidence.map((id) => ({ id, source: "osv", url: `https://advisories.example/${id}` })),
      verdicts: [...verdicts],
      skipped: [...skipped],
      ...(given.unlisted && { unlisted: "not-found" as const }),
    },
    alternatives: given.alternatives ?? [],
    places,
    runsScripts: given.scripts === undefined ? false : given.scripts,
    scriptVerdict: given.scriptVerdict === undefined ? "allow" : given.scriptVerdict,
    missing: given.missing ?? [],
    ...(given.problem !== undefined && { problem: given.problem }),
  };
}

export function place(repository: string, file: string, line: number, job?: string): Place {
  return { path: `${repository}/${file}`, line, repository, ...(job !== undefined && { job }) };
}

/** With its summary. The releases are put in the order that reports have them in. */
export function dryRun(given: Partial<Omit<DryRunReport, "summary">> = {}): DryRunReport {
  const order: readonly Verdict[] = ["block", "quarantine", "strip-scripts", "warn", "allow"];
  const parts = {
    at: AT,
    version: "0.1.0",
    rules: { bundle: BUNDLE, policies: POLICIES },
    isOffline: false,
    wording: { publicUrl: "https://packages.acme.example", repository: null },
    inputs: [],
    unjudged: [],
    ...given,
    releases: [...(given.releases ?? [])].sort(
      (a, b) =>
        order.indexOf(a.decision.decision) - order.indexOf(b.decision.decision) ||
        (a.decision.purl < b.decision.purl ? -1 : 1),
    ),
  };
  return { ...parts, summary: summarize(parts) };
}

const SHOP = "web/shop";
const LOCK = "package-lock.json";

const DENIED: readonly Given[] = [
  {
    purl: "pkg:npm/ua-parser-js@0.7.29",
    decision: "block",
    policy: "known-malicious",
    rule: "malware",
    reason: "Embedded malware in ua-parser-js: an install fetches and starts a miner and a thief of passwords.",
    evidence: ["GHSA-pjwm-rvh2-c87w"],
    verdicts: [
      {
        ...{ policy: "install-scripts", rule: "new-scripts", verdict: "quarantine", mode: "enforce" },
        ...{ reason: "Its install scripts are new.", until: null, liftedBy: null },
      },
    ],
    places: [place(SHOP, LOCK, 18_204), place("web/admin", "yarn.lock", 9_377), place("tools/e2e", LOCK, 2_113)],
    scripts: true,
    scriptVerdict: "quarantine",
  },
  {
    purl: "pkg:cargo/rustdecimal@1.23.1",
    decision: "block",
    policy: "known-malicious",
    rule: "malware",
    reason: "The crate imitates rust_decimal and runs code in CI pipelines.",
    evidence: ["RUSTSEC-2022-0042"],
    places: [place("platform/ledger", "Cargo.lock", 1_482)],
  },
  {
    purl: "pkg:golang/golang.org/x/crypto@v0.17.0",
    decision: "block",
    policy: "cvss",
    rule: "critical",
    reason: "Misuse of ServerConfig.PublicKeyCallback may let a client in without its key. CVSS 9.1; fixed in 0.31.0.",
    evidence: ["GHSA-v778-237x-gjrc", "GO-2024-3321"],
    places: [
      place("platform/gateway", "go.sum", 88),
      place("platform/gateway", "tools/go.sum", 31),
      place("platform/identity", "go.sum", 102),
      place("platform/identity", "migrations/go.sum", 57),
      place("infra/runner-logs", "gateway-4411.log", 1_204, "gateway / integration"),
    ],
  },
  ...(
    [
      ["pkg:npm/%40acme/checkout@5.0.0-rc.3", "2026-11-20T15:10:00Z", SHOP, LOCK, 77],
      ["pkg:npm/vite@8.2.1", "2026-11-21T22:30:00Z", "web/design-system", "pnpm-lock.yaml", 6_118],
      ["pkg:pypi/acme-features@2.9.0", "2026-11-19T20:00:00Z", "data/forecasts", "uv.lock", 213],
      ["pkg:npm/%40acme/tokens@3.2.0", "2026-11-21T08:05:00Z", "web/design-system", "pnpm-lock.yaml", 140],
    ] as const
  ).map(([purl, published, repository, file, line]): Given => {
    const until = new Date(Date.parse(published) + 72 * 3_600_000).toISOString().replace(".000Z", "Z");
    const reason = `It was published at ${published}, less than 72h ago.`;
    return {
      ...{ purl, decision: "quarantine", policy: "release-age", rule: "too-young", reason, until },
      places: [place(repository, file, line)],
    };
  }),
  {
    purl: "pkg:npm/%40acme/telemetry@1.14.0",
    decision: "quarantine",
    policy: "install-scripts",
    rule: "new-scripts",
    reason: "Its install scripts are new since 1.13.2, and changed less than 14 days ago.",
    until: "2026-12-01T09:30:00Z",
    places: [place("web/admin", "yarn.lock", 402), place("web/design-system", "pnpm-lock.yaml", 122)],
    scripts: true,
    scriptVerdict: "quarantine",
  },
  {
    purl: "pkg:pypi/acme-metrics@4.2.0",
    decision: "quarantine",
    policy: "provenance",
    rule: "lost",
    reason: "4.1.7 was attested by its builder, this release is not.",
    places: [place("data/pipelines", "requirements.txt", 14), place("data/forecasts", "uv.lock", 190)],
  },
  {
    purl: "pkg:npm/left-padding@1.0.2",
    decision: "quarantine",
    policy: "package-lists",
    rule: "not-allowed",
    reason: "The organisation's allow list does not name it.",
    places: [place("tools/e2e", LOCK, 640)],
  },
];

const SCRIPTED: readonly Given[] = [
  ["esbuild@0.25.11", "allow"],
  ["sharp@0.34.4", "allow"],
  ["cypress@15.4.0", "allow"],
  ["core-js@3.45.1", "strip-scripts"],
  ["protobufjs@7.5.4", "strip-scripts"],
  ["msw@2.11.5", "strip-scripts"],
  ["better-sqlite3@12.4.1", "allow"],
  ["puppeteer@24.23.0", "warn"],
  ["electron@38.2.2", "allow"],
  ["bcrypt@6.0.0", "allow"],
  ["%40swc/core@1.13.5", "allow"],
  ["fsevents@2.3.3", "allow"],
  ["unrs-resolver@1.11.1", "strip-scripts"],
  ["node-pty@1.0.0", "warn"],
  ["keytar@7.9.0", null],
].map(([name, verdict], index): Given => {
  const scriptVerdict = verdict as Verdict | null;
  const isAllowed = scriptVerdict === "allow" || scriptVerdict === null;
  return {
    purl: `pkg:npm/${name}`,
    ...(!isAllowed && { decision: scriptVerdict, policy: "install-scripts" }),
    ...(scriptVerdict === "strip-scripts" && {
      ...{ rule: "strip", reason: "Install scripts of packages that nobody has reviewed are taken out." },
    }),
    ...(scriptVerdict === "warn" && {
      rule: "reviewed-once",
      reason: "Its install scripts were reviewed in an older version.",
    }),
    ...{ scripts: true, scriptVerdict },
    ...(scriptVerdict === null && { skipped: ["install-scripts"], missing: ["file"] as const }),
    places: [
      place(
        ["web/shop", "web/admin", "tools/desktop"][index % 3] ?? SHOP,
        index % 3 === 1 ? "yarn.lock" : LOCK,
        300 + 611 * index,
      ),
    ],
  };
});

const WARNED: readonly Given[] = [
  [
    "pkg:npm/lodash.template@4.5.0",
    "A high vulnerability has no fixed version. CVSS 7.2.",
    ["GHSA-35jh-r3h4-6jhm"],
    "tools/e2e",
    LOCK,
  ],
  ["pkg:npm/request@2.88.2", "It is deprecated: request has been deprecated.", [], "web/admin", "yarn.lock"],
  ["pkg:npm/glob@7.2.3", "It is deprecated: versions before 9 are no longer supported.", [], SHOP, LOCK],
  ["pkg:npm/inflight@1.0.6", "It is deprecated: it leaks memory.", [], SHOP, LOCK],
  [
    "pkg:pypi/ecdsa@0.19.0",
    "A high vulnerability has no fixed version. CVSS 7.4.",
    ["GHSA-wj6h-64fc-37mp"],
    "data/pipelines",
    "requirements.txt",
  ],
  [
    "pkg:pypi/pycrypto@2.6.1",
    "Nobody has published a release of it for ten years.",
    [],
    "data/notebooks",
    "poetry.lock",
  ],
  ["pkg:cargo/atty@0.2.14", "It is unmaintained.", ["RUSTSEC-2024-0375"], "tools/cli", "Cargo.lock"],
  ["pkg:cargo/instant@0.1.13", "It is unmaintained.", ["RUSTSEC-2024-0384"], "platform/ledger", "Cargo.lock"],
  [
    "pkg:golang/github.com/dgrijalva/jwt-go@v3.2.0",
    "A high vulnerability has no fixed version. CVSS 7.5.",
    ["GHSA-w73w-5m7g-f7qc"],
    "platform/identity",
    "go.sum",
  ],
  ["pkg:golang/github.com/pkg/errors@v0.9.1", "Its repository is archived.", [], "platform/gateway", "go.sum"],
  [
    "pkg:pypi/acme-toolbox@0.9.4",
    "It has no build attestation, and its package had none before.",
    [],
    "data/pipelines",
    "requirements.txt",
  ],
].map(([purl, reason, evidence, repository, file], index) => ({
  purl: purl as string,
  decision: "warn",
  policy: "health",
  rule: (evidence as string[]).length > 0 ? "unfixed" : "unmaintained",
  reason: reason as string,
  evidence: evidence as string[],
  places: [place(repository as string, file as string, 41 + 137 * index)],
}));

/** The files, with how many releases each names that there is nothing to say of. */
const FILES: readonly (readonly [repository: string, file: string, kind: string, type: PurlType, quiet: number])[] = [
  [SHOP, LOCK, "package-lock", "npm", 246],
  ["web/admin", "yarn.lock", "yarn-lock", "npm", 171],
  ["web/design-system", "pnpm-lock.yaml", "pnpm-lock", "npm", 138],
  ["web/marketing", "bun.lock", "bun-lock", "npm", 94],
  ["tools/e2e", LOCK, "package-lock", "npm", 63],
  ["tools/desktop", LOCK, "package-lock", "npm", 71],
  ["tools/cli", "Cargo.lock", "cargo-lock", "cargo", 58],
  ["platform/ledger", "Cargo.lock", "cargo-lock", "cargo", 83],
  ["platform/gateway", "go.sum", "go-sum", "golang", 47],
  ["platform/gateway", "tools/go.sum", "go-sum", "golang", 12],
  ["platform/identity", "go.sum", "go-sum", "golang", 39],
  ["platform/identity", "migrations/go.sum", "go-sum", "golang", 8],
  ["data/pipelines", "requirements.txt", "requirements", "pypi", 36],
  ["data/forecasts", "uv.lock", "uv-lock", "pypi", 52],
  ["data/notebooks", "poetry.lock", "poetry-lock", "pypi", 31],
  ["infra/runner-logs", "shop-9120.log", "ci-log", "npm", 14],
  ["infra/runner-logs", "gateway-4411.log", "ci-log", "golang", 5],
];

const JOBS: Readonly<Record<string, string>> = {
  "shop-9120.log": "shop / build",
  "gateway-4411.log": "gateway / integration",
};

function onTrial(policy: string, verdict: Verdict): Decision["verdicts"][number] {
  return { policy, rule: "all", verdict, reason: "On trial.", until: null, mode: "audit", liftedBy: null };
}

function quiet(): JudgedRelease[] {
  return FILES.flatMap(([repository, file, , type, count], at) =>
    Array.from({ length: count }, (_, index) => {
      const name = type === "golang" ? `acme.example/${repository}/part${at}-${index}` : `acme-${at}-part-${index}`;
      const purl = `pkg:${type}/${name}@${type === "golang" ? "v" : ""}1.${index % 9}.${index % 7}`;
      return judged({
        purl,
        places: [place(repository, file, 3 + 17 * index, JOBS[file])],
        ...(type === "npm" && index % 23 === 5 && { verdicts: [onTrial("new-publisher", "quarantine")] }),
        ...(index % 41 === 7 && { verdicts: [onTrial("licences", index % 2 === 0 ? "warn" : "block")] }),
        ...(type === "pypi" && index % 4 === 0 && { scripts: null }),
        ...(type === "pypi" && index % 9 === 0 && { missing: ["file"] as const, skipped: ["install-scripts"] }),
        ...(type === "golang" && index % 8 === 0 && { missing: ["time"] as const, skipped: ["release-age"] }),
        ...(type === "golang" &&
          index === 7 && { problem: "the registry answered 502 for the list of versions, three times" }),
      });
    }),
  );
}

const UNLISTED: readonly Given[] = [
  {
    purl: "pkg:npm/%40acme/legacy-theme@0.4.1",
    unlisted: true,
    skipped: ["release-age", "provenance"],
    missing: ["listing"],
    places: [place("web/marketing", "bun.lock", 201)],
  },
  {
    purl: "pkg:pypi/acme-internal@1.0.0",
    unlisted: true,
    skipped: ["release-age", "provenance"],
    missing: ["listing"],
    places: [place("data/notebooks", "poetry.lock", 77)],
  },
];

const UNJUDGED: readonly UnjudgedEntry[] = [
  { name: "@acme/icons", reason: "comes from a git repository", path: "web/shop/package-lock.json", line: 1_902 },
  { name: "acme-theme", reason: "comes from a git repository", path: "web/marketing/bun.lock", line: 33 },
  { name: "forecast-core", reason: "lies in a folder of the project", path: "data/forecasts/uv.lock", line: 512 },
  { name: "pandas", reason: "has no fixed version", path: "data/pipelines/requirements.txt", line: 9 },
  { name: "boto3", reason: "has no fixed version", path: "data/pipelines/requirements.txt", line: 10 },
  { name: "sqlalchemy", reason: "has no fixed version", path: "data/pipelines/requirements.txt", line: 12 },
];

function inputs(releases: readonly JudgedRelease[]): Input[] {
  const named = (path: string) => releases.filter(({ places }) => places.some((one) => one.path === path)).length;
  return [
    ...FILES.map(([repository, file, kind]) => {
      const path = `${repository}/${file}`;
      return { path, repository, kind, entries: named(path) };
    }),
    {
      ...{ path: "web/marketing/old/yarn.lock", repository: "web/marketing", kind: null, entries: 0 },
      error: "web/marketing/old/yarn.lock:214: a merge conflict was left in it (<<<<<<<)",
    },
  ];
}

/** A company's repositories, online, with something of everything. */
export function companyRun(): DryRunReport {
  const releases = [...[...DENIED, ...SCRIPTED, ...WARNED, ...UNLISTED].map(judged), ...quiet()];
  return dryRun({ releases, inputs: inputs(releases), unjudged: UNJUDGED });
}

/** Two small repositories of which there is nothing to say. */
export function calmRun(): DryRunReport {
  const releases = ["3.0.1", "3.0.2"].map((version, index) =>
    judged({ purl: `pkg:npm/acme-forms@${version}`, places: [place(`web/forms-${index}`, LOCK, 9)] }),
  );
  return dryRun({
    releases,
    inputs: inputs(releases)
      .slice(0, 2)
      .map((input) => ({ ...input, entries: 1 })),
  });
}
