/** What all feeds together say of one package, and of one release of it. */
import type { Advisory } from "../../schemas/types/facts.ts";
import { VERSION_ORDERS, type VersionOrder } from "../ecosystems/versions.ts";
import type { PackageId } from "../purl.ts";
import { affects } from "./evaluate.ts";
import type { CompiledAdvisory } from "./osv.ts";
import type { AdvisoryTable } from "./table.ts";

/** The advisories on one package: looked up once, then asked for each of its releases. */
export class PackageFindings {
  readonly #order: VersionOrder;
  readonly #advisories: readonly { readonly feed: string; readonly advisory: CompiledAdvisory }[];

  constructor(pkg: PackageId, tables: readonly AdvisoryTable[]) {
    this.#order = VERSION_ORDERS[pkg.type];
    this.#advisories = tables
      .flatMap((table) => table.lookup(pkg).map((advisory) => ({ feed: table.feed, advisory })))
      .sort((a, b) => (a.advisory.id < b.advisory.id ? -1 : a.advisory.id > b.advisory.id ? 1 : 0));
  }

  /** The advisories that affect a version, sorted by id. */
  affecting(version: string): Advisory[] {
    return this.#advisories
      .filter(({ advisory }) => affects(advisory, version, this.#order))
      .map(({ feed, advisory }) => toFact(advisory, feed));
  }

  /** Versions that malicious records list by name; the upstream has often removed them already. */
  namedMalicious(): string[] {
    return [
      ...new Set(this.#advisories.flatMap(({ advisory }) => (advisory.kind === "malicious" ? advisory.versions : []))),
    ];
  }
}

function toFact(
  { id, aliases, kind, cvss, summary, published, url, ranges }: CompiledAdvisory,
  source: string,
): Advisory {
  return {
    id,
    aliases: [...aliases],
    kind,
    ...cvss,
    fixed: [
      ...new Set(ranges.flatMap((range) => range.flatMap(([point, version]) => (point === "fixed" ? [version] : [])))),
    ],
    ...(summary && { summary }),
    ...(published && { published }),
    source,
    ...(url && { url }),
  };
}
