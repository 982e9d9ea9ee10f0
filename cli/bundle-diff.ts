/** What one bundle changes against another: policies, lists, approvals, and the advisories of each feed. */
import type { AdvisoryTable } from "../core/advisories/table.ts";
import type { BundleContent } from "../core/bundle/open.ts";
import { canonicalJson, isObject, own, ownString } from "../core/json.ts";
import type { SourceFile } from "../core/source/files.ts";
import { YamlFile } from "../core/source/yaml-file.ts";

export interface Changes {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

export interface ChangedPolicy {
  readonly name: string;
  /** Of its rules, by name. */
  readonly rules: Changes;
  /** Whether anything else of it differs: mode, ecosystems, params, variables. */
  readonly settings: boolean;
}

export interface FeedChanges {
  readonly feed: string;
  /** How many advisories on packages; the lists below hold the first thousand of each. */
  readonly counts: { readonly added: number; readonly removed: number; readonly changed: number };
  /** As `npm/NAME ID`. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

export interface BundleDiff {
  readonly policies: Omit<Changes, "changed"> & { readonly changed: readonly ChangedPolicy[] };
  readonly lists: Omit<Changes, "changed"> & { readonly changed: readonly ({ readonly name: string } & Changes)[] };
  readonly approvals: Changes;
  readonly advisories: readonly FeedChanges[];
}

const MAX_LISTED = 1000;

export function diffBundles(before: BundleContent, after: BundleContent): BundleDiff {
  const [policiesBefore, policiesAfter] = [byName(before.source.policies), byName(after.source.policies)];
  const [listsBefore, listsAfter] = [byName(before.source.lists), byName(after.source.lists)];
  const policies = compare(policiesBefore, policiesAfter);
  const lists = compare(listsBefore, listsAfter);
  return {
    policies: {
      ...policies,
      changed: policies.changed.map((name) => diffPolicy(name, policiesBefore.get(name), policiesAfter.get(name))),
    },
    lists: {
      ...lists,
      changed: lists.changed.map((name) => ({
        name,
        ...compare(entriesOf(listsBefore.get(name)), entriesOf(listsAfter.get(name))),
      })),
    },
    approvals: compare(approvalsOf(before.source.approvals), approvalsOf(after.source.approvals)),
    advisories: diffFeeds([...before.tables.values()], [...after.tables.values()]),
  };
}

export function isEmpty({ policies, lists, approvals, advisories }: BundleDiff): boolean {
  const lengths = [policies, lists, approvals].flatMap(({ added, removed, changed }) => [added, removed, changed]);
  return lengths.every(({ length }) => length === 0) && advisories.length === 0;
}

type Values = ReadonlyMap<string, unknown>;

/** Values are the same where they say the same: comments and the order of keys do not count. */
function compare(before: Values, after: Values): Changes {
  const both = [...after.keys()].filter((name) => before.has(name));
  return {
    added: [...after.keys()].filter((name) => !before.has(name)).sort(),
    removed: [...before.keys()].filter((name) => !after.has(name)).sort(),
    changed: both.filter((name) => !isSame(before.get(name), after.get(name))).sort(),
  };
}

function isSame(a: unknown, b: unknown): boolean {
  return canonicalJson(a ?? null) === canonicalJson(b ?? null);
}

/** What a document says; its text where that cannot be read, as in a bundle that nobody has verified. */
function contentOf(file: SourceFile): unknown {
  return new YamlFile(file).value ?? file.text;
}

/** Documents by their `metadata.name`; by their path where they have none. */
function byName(files: readonly SourceFile[]): Values {
  return new Map(
    files.map((file) => {
      const value = contentOf(file);
      return [ownString(own(value, "metadata"), "name") ?? file.path, value];
    }),
  );
}

function diffPolicy(name: string, before: unknown, after: unknown): ChangedPolicy {
  const settings = (policy: unknown) => {
    if (!isObject(policy)) return policy;
    const spec = own(policy, "spec");
    return { ...policy, spec: { ...(isObject(spec) ? spec : {}), rules: null } };
  };
  return {
    name,
    rules: compare(rulesOf(before), rulesOf(after)),
    settings: !isSame(settings(before), settings(after)),
  };
}

function rulesOf(policy: unknown): Values {
  const rules = own(own(policy, "spec"), "rules");
  if (!Array.isArray(rules)) return new Map();
  return new Map(rules.map((rule, index) => [ownString(rule, "name") ?? `rule ${index + 1}`, rule]));
}

function entriesOf(list: unknown): Values {
  const entries = own(own(list, "spec"), "entries");
  if (!Array.isArray(entries)) return new Map();
  return new Map(
    entries.map((entry) => [typeof entry === "string" ? entry : (ownString(entry, "entry") ?? ""), entry]),
  );
}

/** By the release that they are for and the file that they stand in. */
function approvalsOf(files: readonly SourceFile[]): Values {
  return new Map(
    files.map((file) => {
      const value = contentOf(file);
      return [`${ownString(own(value, "spec"), "purl") ?? "?"} (${file.path})`, value];
    }),
  );
}

function diffFeeds(before: readonly AdvisoryTable[], after: readonly AdvisoryTable[]): FeedChanges[] {
  const names = new Set([...before, ...after].map(({ feed }) => feed));
  return [...names].sort().flatMap((feed) => {
    const [old, young] = [before, after].map((tables) => tables.find((table) => table.feed === feed));
    // The bundle after took over the very table of the one before.
    if (old === young) return [];
    const changes = diffTables(feed, old, young);
    return Object.values(changes.counts).some((count) => count > 0) ? [changes] : [];
  });
}

/** One walk through both tables, which have one order. */
function diffTables(feed: string, before: AdvisoryTable | undefined, after: AdvisoryTable | undefined): FeedChanges {
  const counts = { added: 0, removed: 0, changed: 0 };
  const listed = { added: [] as string[], removed: [] as string[], changed: [] as string[] };
  const note = (kind: keyof typeof counts, key: string, id: string): void => {
    counts[kind] += 1;
    if (listed[kind].length < MAX_LISTED) listed[kind].push(`${key} ${id}`);
  };
  const [old, young] = [linesOf(before), linesOf(after)];
  let [a, b] = [old.next(), young.next()];
  while (!a.done || !b.done) {
    const order = a.done ? 1 : b.done ? -1 : Buffer.compare(Buffer.from(a.value[0]), Buffer.from(b.value[0]));
    const [olds, youngs] = [order <= 0 && !a.done ? a.value[1] : [], order >= 0 && !b.done ? b.value[1] : []];
    const key = order <= 0 && !a.done ? a.value[0] : b.done ? "" : b.value[0];
    const { added, removed, changed } = compare(byId(olds), byId(youngs));
    for (const id of added) note("added", key, id);
    for (const id of removed) note("removed", key, id);
    for (const id of changed) note("changed", key, id);
    if (order <= 0) a = old.next();
    if (order >= 0) b = young.next();
  }
  return { feed, counts, ...listed };
}

type Line = ReturnType<AdvisoryTable["entries"]> extends Generator<infer T> ? T : never;

function* linesOf(table: AdvisoryTable | undefined): Generator<Line, undefined> {
  if (table) yield* table.entries();
  return undefined;
}

/** Two records may have one id; they are compared together, so that a change in either shows. */
function byId(advisories: Line[1]): Values {
  return Map.groupBy(advisories, ({ id }) => id);
}
