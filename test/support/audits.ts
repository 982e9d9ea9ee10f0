/** The endpoints of `npm audit` and its like at a fixture registry: one advisory, for those who have the release. */
import type { IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import semver from "semver";
import type { FixtureRegistry } from "./registry.ts";

export interface Audit {
  readonly path: string;
  readonly encoding: string | undefined;
  /** As it was sent, read. */
  readonly tree: unknown;
}

export interface Advisory {
  readonly title: string;
  readonly url: string;
  readonly vulnerable: string;
  readonly patched: string;
}

export const BULK = "/-/npm/v1/security/advisories/bulk";
export const QUICK = "/-/npm/v1/security/audits/quick";

/** Answers for the packages that `isOf` names; what was asked is kept in order. */
export function answerAudits(
  registry: FixtureRegistry,
  { title, url, vulnerable, patched }: Advisory,
  isOf: (name: string) => boolean,
): readonly Audit[] {
  const audits: Audit[] = [];
  const isVulnerable = (name: string, version: string) => isOf(name) && semver.satisfies(version, vulnerable);
  const known = { id: 1001, title, url, severity: "high", vulnerable_versions: vulnerable };
  const bulk = (tree: Record<string, string[]>) =>
    Object.fromEntries(
      Object.entries(tree)
        .filter(([name, versions]) => versions.some((version) => isVulnerable(name, version)))
        .map(([name]) => [name, [{ ...known, cwe: ["CWE-1"], cvss: { score: 7.5, vectorString: null } }]]),
    );
  const quick = (tree: QuickTree) => {
    const found = Object.entries(tree.dependencies?.["."]?.dependencies ?? {}).filter(([name, { version }]) =>
      isVulnerable(name, version),
    );
    const advisories = found.map(([name, { version }]) => [
      known.id,
      { ...known, module_name: name, patched_versions: patched, findings: [{ version, paths: [`.>${name}`] }] },
    ]);
    const none = { info: 0, low: 0, moderate: 0, high: 0, critical: 0 };
    return {
      actions: [],
      advisories: Object.fromEntries(advisories),
      muted: [],
      metadata: { vulnerabilities: { ...none, high: found.length }, totalDependencies: 1 },
    };
  };
  for (const [path, answer] of [[BULK, bulk] as const, [QUICK, quick] as const])
    registry.answer(path, async (request, response) => {
      const encoding = request.headers["content-encoding"];
      const body = await bodyOf(request);
      const tree = read(body, encoding);
      if (!tree) return response.writeHead(400).end("{}");
      audits.push({ path, encoding, tree });
      response.setHeader("content-type", "application/json").end(JSON.stringify(answer(tree)));
    });
  return audits;
}

/** What pnpm 10 sends: the project is a package called `.`. */
interface QuickTree {
  readonly dependencies?: Readonly<
    Record<string, { readonly dependencies?: Readonly<Record<string, { readonly version: string }>> }>
  >;
}

/** Undefined where the body is not what its encoding says. */
function read(body: Buffer, encoding: string | undefined) {
  try {
    return JSON.parse((encoding === "gzip" ? gunzipSync(body) : body).toString());
  } catch {
    return undefined;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
