import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { findInputs } from "../../../cli/dry-run/inputs.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";

describe("findInputs()", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = makeFolder();
  });
  afterEach(() => folder.remove());

  const at = (path = "") => join(folder.path, path);
  const write = (...names: readonly string[]): void => {
    for (const name of names) folder.write(name, "x");
  };
  const found = (...paths: readonly string[]) =>
    findInputs(paths.map(at)).files.map(({ path }) => path.slice(folder.path.length + 1));

  it("finds lockfiles, lists and logs by their names, sorted", () => {
    const names = [
      ...["a/Cargo.lock", "a/Pipfile.lock", "a/build.log", "a/bun.lock", "a/go.mod", "a/go.sum"],
      ...[
        "a/package-lock.json",
        "a/pnpm-lock.yaml",
        "a/pylock.dev.toml",
        "a/requirements-dev.txt",
        "a/web.package-lock.json",
      ],
    ];
    write(...names, "a/package.json", "a/README.md", "a/index.ts", "a/pyproject.toml");
    assert.deepEqual(found("a"), names);
  });

  it("finds JSON documents by how they begin, whatever they are called", () => {
    folder.write("bom.json", '{ "bomFormat": "CycloneDX" }');
    folder.write("kubectl.json", '{ "spdxVersion": "SPDX-2.3" }');
    folder.write("modules.json", '{\n  "Path": "example.com/a",\n "Version": "v1.0.0" }');
    folder.write("other.json", '{ "hello": "bomFormat" }');
    assert.deepEqual(found(""), ["bom.json", "kubectl.json", "modules.json"]);
  });

  it("finds other lockfiles and SBOMs by how they begin", () => {
    folder.write("locked.yaml", "# ours\n\nlockfileVersion: '9.0'\n");
    folder.write("two.yml", "---\nsettings: {}\n---\nlockfileVersion: '9.0'\n");
    folder.write("other.yaml", "name: ci\nnot-lockfileVersion: '9.0'\n");
    folder.write("graph.json", '{ "@graph": [], "@context": "https://spdx.example/3.0/spdx-context.jsonld" }');
    folder.write("linked.json", '{ "@context": "https://schema.example/", "@graph": [] }');
    folder.write("sbom.json", '{"sbom":{"SPDXID":"SPDXRef-DOCUMENT","spdxVersion":"SPDX-2.3"}}');
    folder.write("deps.jsonc", '{ // ours\n"lockfileVersion": 1, "workspaces": {} }');
    assert.deepEqual(found(""), ["deps.jsonc", "graph.json", "locked.yaml", "sbom.json", "two.yml"]);
  });

  it("passes over what is installed, vendored or built", () => {
    write(
      "node_modules/a/yarn.lock",
      ".git/x.lock",
      "vendor/a/go.mod",
      ".venv/requirements.txt",
      "out/go.sum",
      "go.sum",
    );
    folder.write("out/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55");
    assert.deepEqual(found(""), ["go.sum"]);
  });

  it("takes a file that is named, whatever it is called, and each file once", () => {
    write("a/deps.unknown", "a/go.sum");
    assert.deepEqual(found("a", "a/go.sum", "a/deps.unknown"), ["a/go.sum", "a/deps.unknown"]);
    assert.deepEqual(
      findInputs([at("a"), at("a/go.sum")]).files.map(({ isNamed }) => isNamed),
      [true],
    );
  });

  it("follows no link", () => {
    write("elsewhere/yarn.lock");
    folder.write("a/README.md", "x");
    symlinkSync(at("elsewhere"), at("a/link"));
    symlinkSync(at("elsewhere/yarn.lock"), at("a/yarn.lock"));
    symlinkSync(at("a"), at("a/round"));
    assert.deepEqual(found("a"), []);
  });

  it("names the git repository of a file, else the folder below what was given", () => {
    write(
      "repos/web/.git/HEAD",
      "repos/web/app/yarn.lock",
      "repos/api/go.sum",
      "repos/api/sub/go.sum",
      "repos/pip.lock",
    );
    const repositories = (path: string) =>
      findInputs([at(path)]).files.map(({ repository }) => repository.slice(folder.path.length + 1));
    assert.deepEqual(repositories("repos"), ["repos/api", "repos/api", "repos", "repos/web"]);
    assert.deepEqual(repositories("repos/web/app"), ["repos/web"]);
    assert.deepEqual(repositories("repos/web/app/yarn.lock"), ["repos/web"]);
  });

  it("says what lies too deep", () => {
    const deep = `a${"/d".repeat(70)}`;
    write(`${deep}/go.sum`, "a/go.sum");
    const { files, unreachable } = findInputs([at("a")]);
    assert.equal(files.length, 1);
    assert.match(unreachable[0]?.reason ?? "", /more than 64 folders deep/);
  });

  it("refuses a path that is not there", () => {
    assert.throws(() => findInputs([at("nowhere")]), { code: "USAGE", message: /there is no .*nowhere/ });
  });
});
