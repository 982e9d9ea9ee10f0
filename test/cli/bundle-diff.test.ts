import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BundleDiff, diffBundles, isEmpty } from "../../cli/bundle-diff.ts";
import { compileFeed } from "../../core/advisories/feed.ts";
import { AdvisoryTable } from "../../core/advisories/table.ts";
import type { BundleContent } from "../../core/bundle/open.ts";
import type { PolicySource } from "../../core/policy/source.ts";
import type { OsvRecord } from "../../schemas/types/advisory.ts";
import { AGE_POLICY, approvalFile, listFile, MALWARE_POLICY, malwareRecord, policyFile } from "../support/policies.ts";

type Feeds = Readonly<Record<string, readonly OsvRecord[]>>;

function content(source: Partial<PolicySource> = {}, feeds: Feeds = {}): BundleContent {
  const tables = Object.entries(feeds).map(([name, records]): [string, AdvisoryTable] => [
    `advisories.${name}`,
    new AdvisoryTable(name, compileFeed(name, records).table),
  ]);
  return { source: { policies: [], lists: [], approvals: [], ...source }, tables: new Map(tables) };
}

const NONE = { added: [], removed: [], changed: [] };
const EMPTY: BundleDiff = { policies: NONE, lists: NONE, approvals: NONE, advisories: [] };
const rule = (name: string, condition: string) =>
  `{ name: ${name}, condition: '${condition}', verdict: block, message: M. }`;
const policy = (...rules: string[]) => policyFile("p", `  rules: [${rules.join(", ")}]`);

const diffSources = (before: Partial<PolicySource>, after: Partial<PolicySource>) =>
  diffBundles(content(before), content(after));
const diffFeeds = (before: Feeds, after: Feeds) => {
  const diff = diffBundles(content({}, before), content({}, after));
  assert.equal(isEmpty(diff), diff.advisories.length === 0);
  return diff.advisories;
};

describe("diffBundles()", () => {
  it("finds nothing where both say the same, whatever the writing", () => {
    const one = { policies: [policy(rule("a", "true"))], lists: [listFile("l", ["x", "y"])] };
    const written = {
      policies: [
        {
          path: "policies/elsewhere.yaml",
          text: `# a comment\nkind: PackagePolicy\napiVersion: cordon/v1\nmetadata:\n  name: p\nspec:\n  rules:\n    - verdict: block\n      message: M.\n      condition: "true"\n      name: a\n`,
        },
      ],
      lists: [listFile("l", ["x", "y"])],
    };
    const diff = diffSources(one, written);
    assert.deepEqual(diff, EMPTY);
    assert.equal(isEmpty(diff), true);
  });

  it("tells texts that cannot be read from one another", () => {
    const broken = (text: string) => ({ policies: [{ path: "policies/p.yaml", text }] });
    assert.deepEqual(diffSources(broken("{"), broken("{")), EMPTY);
    assert.deepEqual(diffSources(broken("{"), broken("[")).policies.changed, [
      { name: "policies/p.yaml", rules: NONE, settings: true },
    ]);
  });

  it("tells policies that came and went", () => {
    const diff = diffSources({ policies: [MALWARE_POLICY] }, { policies: [AGE_POLICY] });
    assert.deepEqual(diff.policies, { added: ["release-age"], removed: ["known-malicious"], changed: [] });
    assert.equal(isEmpty(diff), false);
  });

  it("tells rules that came, went and changed", () => {
    const before = policy(rule("a", "true"), rule("b", "true"), rule("c", "true"));
    const after = policy(rule("a", "true"), rule("b", "false"), rule("d", "true"));
    assert.deepEqual(diffSources({ policies: [before] }, { policies: [after] }).policies.changed, [
      { name: "p", rules: { added: ["d"], removed: ["c"], changed: ["b"] }, settings: false },
    ]);
  });

  it("tells what else changed in a policy", () => {
    const before = policy(rule("a", "true"));
    const after = { ...before, text: `${before.text}  approvable: false\n` };
    assert.deepEqual(diffSources({ policies: [before] }, { policies: [after] }).policies.changed, [
      { name: "p", rules: NONE, settings: true },
    ]);
  });

  it("tells lists, and entries by what they name", () => {
    const withReason = {
      path: "lists/l.yaml",
      text: `metadata: { name: l }\nspec: { entries: [x, { entry: y, reason: because }] }`,
    };
    const withAnother = { ...withReason, text: withReason.text.replace("because", "since").replace("x", "z") };
    const diff = diffSources(
      { lists: [withReason, listFile("old", [])] },
      { lists: [withAnother, listFile("new", [])] },
    );
    assert.deepEqual(diff.lists, {
      added: ["new"],
      removed: ["old"],
      changed: [{ name: "l", added: ["z"], removed: ["x"], changed: ["y"] }],
    });
  });

  it("tells approvals by release and file", () => {
    const approval = approvalFile({ purl: "pkg:npm/a@1.0.0", digests: [`sha256:${"a".repeat(64)}`] });
    const longer = { ...approval, text: approval.text.replace("2026-12-01", "2026-12-24") };
    const moved = { ...approval, path: "approvals/npm/two.yaml" };
    const name = (path: string) => `pkg:npm/a@1.0.0 (${path})`;
    assert.deepEqual(diffSources({ approvals: [approval] }, { approvals: [longer] }).approvals, {
      ...NONE,
      changed: [name(approval.path)],
    });
    assert.deepEqual(diffSources({ approvals: [approval] }, { approvals: [moved] }).approvals, {
      added: [name(moved.path)],
      removed: [name(approval.path)],
      changed: [],
    });
  });

  it("tells advisories that came, went and changed, by feed and package", () => {
    const [kept, gone, changed] = ["kept", "gone", "changed"].map((name) =>
      malwareRecord(name, ["1.0.0"], `MAL-${name}`),
    );
    assert.ok(kept && gone && changed);
    const after = [
      kept,
      malwareRecord("changed", ["2.0.0"], changed.id),
      malwareRecord("@a/new", ["1.0.0"], "MAL-new"),
    ];
    assert.deepEqual(diffFeeds({ local: [kept, gone, changed], same: [kept] }, { same: [kept], local: after }), [
      {
        feed: "local",
        counts: { added: 1, removed: 1, changed: 1 },
        added: ["npm/@a/new MAL-new"],
        removed: ["npm/gone MAL-gone"],
        changed: ["npm/changed MAL-changed"],
      },
    ]);
  });

  it("tells a second advisory on a package from the first", () => {
    const [one, two] = [malwareRecord("evil", ["1.0.0"], "MAL-1"), malwareRecord("evil", ["2.0.0"], "MAL-2")];
    assert.deepEqual(
      diffFeeds({ local: [one] }, { local: [two, one] }).map(({ added, changed }) => [added, changed]),
      [[["npm/evil MAL-2"], []]],
    );
  });

  it("tells which of two changed that share a package and a number", () => {
    const records = (first: string, second: string) => [
      malwareRecord("evil", [first], "MAL-1"),
      malwareRecord("evil", [second], "MAL-1"),
    ];
    for (const after of [records("9.0.0", "2.0.0"), records("1.0.0", "9.0.0"), records("1.0.0", "2.0.0").slice(0, 1)])
      assert.deepEqual(
        diffFeeds({ local: records("1.0.0", "2.0.0") }, { local: after }).map(({ changed }) => changed),
        [["npm/evil MAL-1"]],
      );
  });

  it("tells a feed that came or went as all of its advisories", () => {
    const feeds = { osv: [malwareRecord("a", ["1.0.0"], "MAL-1"), malwareRecord("b", ["1.0.0"], "MAL-2")] };
    assert.deepEqual(diffFeeds({}, feeds)[0]?.counts, { added: 2, removed: 0, changed: 0 });
    assert.deepEqual(diffFeeds(feeds, {})[0]?.counts, { added: 0, removed: 2, changed: 0 });
    assert.deepEqual(diffFeeds({}, { empty: [] }), []);
  });

  it("counts all of many advisories, and lists the first thousand", () => {
    const many = Array.from({ length: 1500 }, (_, index) => malwareRecord(`p${index}`, ["1.0.0"], `MAL-${index}`));
    const [feed] = diffFeeds({}, { osv: many });
    assert.deepEqual([feed?.counts.added, feed?.added.length], [1500, 1000]);
  });

  it("keeps the order of bytes, in which names beyond ASCII stand apart", () => {
    const named = (...names: string[]) => names.map((name, index) => malwareRecord(name, ["1.0.0"], `MAL-${index}`));
    const before = { osv: named("a", "a-b", "a.b", "a_b", "A") };
    assert.deepEqual(diffFeeds(before, { osv: [...(before.osv ?? [])].reverse() }), []);
    assert.deepEqual(diffFeeds(before, { osv: (before.osv ?? []).slice(1) })[0]?.removed, ["npm/a MAL-0"]);
  });
});
