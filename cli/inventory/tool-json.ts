/** What `npm ls --json` and `cargo metadata` print. */
import { isObject, own, ownString } from "../../core/json.ts";
import type { ReleaseId } from "../../core/purl.ts";
import { elsewhere, fetchedFrom, splitSpecifier } from "./npm-names.ts";
import { JsonLines } from "./places.ts";
import type { InventoryReader, NamedRelease, Unjudged } from "./reader.ts";
import { releaseOf } from "./toml-lock.ts";

const MAX_DEPTH = 200;

export const readNpmList: InventoryReader = {
  kind: "npm-list",
  files: "output of npm ls --json",
  recognizes: ({ json }) => own(json, "lockfileVersion") === undefined && isTree(own(json, "dependencies")),
  read({ text, json }) {
    const releases: NamedRelease[] = [];
    const unjudged: Unjudged[] = [];
    const lines = new JsonLines(text);
    const add = (dependencies: unknown, depth: number): void => {
      if (!isObject(dependencies) || depth > MAX_DEPTH) return;
      for (const [key, entry] of Object.entries(dependencies)) {
        const line = lines.key(key, "{");
        const found = installed(key, entry);
        if (typeof found === "object") releases.push({ id: found, line });
        else if (own(entry, "missing") !== true) unjudged.push({ name: key, line, reason: found });
        add(own(entry, "dependencies"), depth + 1);
      }
    };
    add(own(json, "dependencies"), 0);
    return { releases, unjudged };
  },
};

/** `npm:NAME@VERSION`, which may have the alias before it. */
const ALIAS = /^(?:(?:@[^/@]+\/)?[^@/]+@)?npm:((?:@[^/@]+\/)?[^@/]+)(?:@(.*))?$/;

/**
 * What goes by another name has its own in its address, else where its package.json tells (`--long`), or where what was
 * asked for stands (npm 6).
 */
function installed(key: string, entry: unknown): ReleaseId | string {
  const written = ownString(entry, "version");
  const address = ownString(entry, "resolved");
  if (written === undefined) return elsewhere(address ?? "") ?? "is not pinned to a version";
  const [, alias, version = written] = ALIAS.exec(written) ?? [];
  const name = alias ?? asked(ownString(entry, "from")) ?? calledItself(entry) ?? key;
  return fetchedFrom(address, name, version);
}

function asked(from = ""): string | undefined {
  return ALIAS.exec(from)?.[1];
}

function calledItself(entry: unknown): string | undefined {
  const name = ownString(entry, "name");
  return asked(name) ?? name ?? splitSpecifier(ownString(entry, "_id") ?? "")?.name;
}

/** Whose entries have versions, as those of a package.json have not. */
function isTree(dependencies: unknown): boolean {
  return (
    isObject(dependencies) &&
    Object.values(dependencies).some((entry) => isObject(entry) && ("version" in entry || "missing" in entry))
  );
}

export const readCargoMetadata: InventoryReader = {
  kind: "cargo-metadata",
  files: "output of cargo metadata",
  recognizes: ({ json }) => Array.isArray(own(json, "packages")) && own(json, "workspace_members") !== undefined,
  read({ text, json }) {
    const releases: NamedRelease[] = [];
    const unjudged: Unjudged[] = [];
    const lines = new JsonLines(text);
    const packages = own(json, "packages");
    for (const entry of Array.isArray(packages) ? packages : []) {
      const [name = "", version, source] = ["name", "version", "source"].map((field) => ownString(entry, field));
      if (source === undefined) continue; // the workspace's own
      const line = lines.text(ownString(entry, "id") ?? name);
      const id = /^(registry|sparse)\+/.test(source) ? releaseOf("cargo", name, version) : undefined;
      if (id) releases.push({ id, line });
      else
        unjudged.push({
          name,
          line,
          reason: source.startsWith("git+") ? "comes from git" : "is no release of a registry",
        });
    }
    return { releases, unjudged };
  },
};
