/** Projects of a Python index, one for each situation in which a client may find itself. */
import assert from "node:assert/strict";
import { normalizeName, toPurl } from "../../core/purl.ts";
import { buildFiles, type FixtureProject } from "./distributions.ts";
import { malwareRecord } from "./policies.ts";
import type { FixturePypi } from "./pypi-registry.ts";
import { PYTHON_CLIENTS, type PythonClientName } from "./python-clients.ts";

/** A project of which a release is blocked once the client has locked and installed it. */
export function turnedOf(client: PythonClientName): string {
  return `turned-${client}`;
}

const YOUNG = "2026-11-21T12:00:00Z";
const BOTH_KINDS = [{ kind: "wheel" }, { kind: "sdist" }] as const;
export const PROJECTS: readonly FixtureProject[] = [
  { name: "dep", releases: ["1.0.0", "1.1.0", "1.2.0"].map((version) => ({ version, files: BOTH_KINDS })) },
  { name: "host", releases: [{ version: "2.0.0", dependencies: ["dep>=1.0"] }] },
  { name: "only-evil", releases: [{ version: "1.0.0" }, { version: "1.1.0" }] },
  ...PYTHON_CLIENTS.map((client) => ({
    name: turnedOf(client),
    releases: [{ version: "1.0.0" }, { version: "1.1.0" }],
  })),
  { name: "fresh", releases: [{ version: "1.0.0" }, { version: "1.0.1", published: YOUNG }] },
  { name: "Src.Only", releases: [{ version: "0.1.0", files: [{ kind: "sdist", setup: `print("built")\n` }] }] },
  { name: "src-evil", releases: ["0.1.0", "0.2.0"].map((version) => ({ version, files: [{ kind: "sdist" }] })) },
  { name: "bare", releases: [{ version: "1.0.0", files: [{ kind: "wheel", metadata: false }] }] },
  {
    name: "recalled",
    releases: [{ version: "1.0.0" }, { version: "1.1.0", files: [{ kind: "wheel", yanked: "It deletes logs." }] }],
  },
  { name: "tampered", releases: [{ version: "1.0.0" }] },
  { name: "retold", releases: [{ version: "1.0.0" }] },
  { name: "away", releases: [{ version: "1.0.0" }] },
  { name: "half-away", releases: [{ version: "1.0.0" }] },
];

/** What is malicious from the beginning. */
export const RECORDS = [
  malwareRecord("dep", ["1.2.0"], "MAL-2026-1", "PyPI"),
  malwareRecord("only-evil", ["1.0.0", "1.1.0"], "MAL-2026-2", "PyPI"),
  malwareRecord("src-evil", ["0.2.0"], "MAL-2026-3", "PyPI"),
];

/** What turns out to be malicious later. */
export const TURNED = {
  ...malwareRecord("turned", ["1.1.0"], "MAL-2026-4", "PyPI"),
  affected: PYTHON_CLIENTS.flatMap((client) => malwareRecord(turnedOf(client), ["1.1.0"], "", "PyPI").affected ?? []),
};

/** What the upstream does wrong: other bytes, other METADATA, no page, no file. */
export function makeFail(pypi: FixturePypi): void {
  const [other] = buildFiles({ name: "tampered", releases: [{ version: "2.0" }] });
  assert.ok(other);
  pypi.tamper("tampered-1.0.0-py3-none-any.whl", other.bytes);
  pypi.answer(`${pypi.pathOf("retold-1.0.0-py3-none-any.whl")}.metadata`, (_request, response) =>
    response.end("Metadata-Version: 2.2\nName: retold\nVersion: 1.0.0\nRequires-Dist: dep\n"),
  );
  pypi.answer("/simple/away/", (_request, response) => response.destroy());
  pypi.answer(pypi.pathOf("half_away-1.0.0-py3-none-any.whl"), (_request, response) => {
    response.statusCode = 503;
    response.end();
  });
}

const RELEASES = new Map(
  PROJECTS.flatMap((project) =>
    buildFiles(project).map(({ filename, version }) => [
      filename,
      toPurl({ type: "pypi", name: normalizeName("pypi", project.name), version }),
    ]),
  ),
);

/** Whether a path at the upstream is that of a file. */
export function isFile(path: string): boolean {
  return path.startsWith("/files/");
}

/** Which release a file at the upstream is of, or its METADATA. */
export function releaseOf(path: string): string {
  const filename = path.slice(path.lastIndexOf("/") + 1).replace(/\.metadata$/, "");
  return RELEASES.get(filename) ?? path;
}
