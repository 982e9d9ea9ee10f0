/** What `npm ls --json` and `cargo metadata` print. */
import { isObject, own, ownString } from "../../core/json.ts";
import { NpmEntries } from "./npm-entries.ts";
import { elsewhere, releaseAt, splitSpecifier } from "./npm-names.ts";
import { JsonLines } from "./places.ts";
import type { InventoryReader, NamedRelease, Unjudged } from "./reader.ts";
import { releaseOf } from "./toml-lock.ts";

const MAX_DEPTH = 200;

export const readNpmList: InventoryReader = {
  kind: "npm-list",
  files: "output of npm ls --json",
  recognizes: ({ json }) => own(json, "lockfileVersion") === undefined && isTree(own(json, "dependencies")),
  read({ text, json }) {
    const found = new NpmEntries();
    const lines = new JsonLines(text);
    const add = (dependencies: unknown, depth: number): void => {
      if (!isObject(dependencies) || depth > MAX_DEPTH) return;
      for (const [key, entry] of Object.entries(dependencies)) {
        const line = lines.key(key, "{");
        const version = ownString(entry, "version");
        const address = ownString(entry, "resolved");
        if (version !== undefined)
          found.add({
            ...installed(key, entry, version, address),
            line,
            lineOfAddress: () => lines.behind(address ?? ""),
          });
        else if (own(entry, "missing") !== true)
          found.leave(key, address, line, elsewhere(address ?? "") ?? "is not pinned to a version");
        add(own(entry, "dependencies"), depth + 1);
      }
    };
    add(own(json, "dependencies"), 0);
    return found;
  },
};

/** `npm:NAME@VERSION`, which may have the alias before it. */
const ALIAS = /^(?:(?:@[^/@]+\/)?[^@/]+@)?npm:((?:@[^/@]+\/)?[^@/]+)(?:@(.*))?$/;

/**
 * What goes by another name has its own in its address, else where its package.json tells (`--long`), or where what was
 * asked for stands (npm 6).
 */
function installed(key: string, entry: unknown, written: string, address: string | undefined) {
  const [, alias, version = written] = ALIAS.exec(written) ?? [];
  const name = alias ?? asked(ownString(entry, "from")) ?? calledItself(entry) ?? key;
  return { name: releaseAt(address ?? "")?.name ?? name, version, address };
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
          version: version ?? source,
          line,
          reason: source.startsWith("git+") ? "comes from git" : "is no release of a registry",
        });
    }
    return { releases, unjudged };
  },
};
