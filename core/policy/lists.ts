/** Named lists, as the value of `lists` in CEL: each a map from entry to the reason that it stands there. */
import schema from "../../schemas/package-list.schema.json" with { type: "json" };
import type { PackageList } from "../../schemas/types/package-list.ts";
import { messageOf } from "../errors.ts";
import { parsePurl, toPurl } from "../purl.ts";
import { schemaCheck } from "../schema.ts";
import type { Diagnostic } from "../source/diagnostic.ts";
import type { SourceFile } from "../source/files.ts";
import { YamlFile } from "../source/yaml-file.ts";
import type { CelRecord } from "./cel.ts";

const check = schemaCheck<PackageList>(schema);

export interface Lists {
  readonly record: CelRecord;
  readonly value: object;
  readonly names: readonly string[];
}

/** Reads the list files; what is wrong with them goes to `diagnostics`. */
export function compileLists(files: readonly SourceFile[], diagnostics: Diagnostic[]): Lists {
  class ListsRecord {}
  const value = new ListsRecord() as Record<string, Map<string, string>>;
  for (const source of files) {
    const file = new YamlFile(source);
    const issues = file.check(check);
    diagnostics.push(...issues);
    if (issues.length > 0) continue;
    const { metadata, spec } = file.value as PackageList;
    if (Object.hasOwn(value, metadata.name)) {
      diagnostics.push(
        file.diagnostic("error", "duplicate-name", `another file has a list named \`${metadata.name}\``, [
          "metadata",
          "name",
        ]),
      );
      continue;
    }
    const entries = spec.entries.map((item, index): [string, string] => {
      const [entry, reason] = typeof item === "string" ? [item, ""] : [item.entry, item.reason];
      return [
        canonicalEntry(entry, (message) =>
          diagnostics.push(file.diagnostic("error", "purl", message, ["spec", "entries", index])),
        ),
        reason,
      ];
    });
    value[metadata.name] = new Map(entries);
    const seen = new Set<string>();
    for (const [index, [entry]] of entries.entries()) {
      if (seen.has(entry)) {
        const message = `\`${entry}\` stands in the list twice`;
        diagnostics.push(file.diagnostic("warning", "duplicate-entry", message, ["spec", "entries", index]));
      }
      seen.add(entry);
    }
  }
  const names = Object.keys(value);
  return {
    record: {
      name: "Lists",
      fields: Object.fromEntries(names.map((name) => [name, "map<string, string>"])),
      ctor: ListsRecord,
    },
    value,
    names,
  };
}

/** A purl in the one spelling that facts have; an entry that is spelt otherwise would never match. */
function canonicalEntry(entry: string, report: (message: string) => void): string {
  if (!/^pkg:/i.test(entry)) return entry;
  try {
    return toPurl(parsePurl(entry));
  } catch (error) {
    report(messageOf(error));
    return entry;
  }
}
