import { Args, Flags } from "@oclif/core";
import { revisionOf } from "../../../core/bundle/manifest.ts";
import { readContent } from "../../../core/bundle/open.ts";
import { bundleSource } from "../../../core/bundle/sources/index.ts";
import { CordonError } from "../../../core/errors.ts";
import { oneLine } from "../../../core/words.ts";
import type { Manifest } from "../../../schemas/types/manifest.ts";
import { parseUnverified } from "../../bundle.ts";
import { type BundleDiff, type Changes, diffBundles, isEmpty } from "../../bundle-diff.ts";
import { CordonCommand } from "../../command.ts";
import { paint } from "../../print.ts";
import { openTrustedBundle } from "../../trusted-bundle.ts";

interface DiffResult extends BundleDiff {
  readonly before: Pick<Manifest, "epoch" | "revision" | "created" | "source">;
  readonly after: Pick<Manifest, "epoch" | "revision" | "created" | "source">;
}

const MAX_SHOWN = 20;
const MAX_NAME = 200;

export default class BundleDiffCommand extends CordonCommand {
  static override summary = "Show what one bundle changes against another.";
  static override description =
    `Compares policies by rule, lists by entry, approvals, and the advisories of each feed. Every part is checked against
its digests. Who signed is checked with --trust only.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> github:acme/policies dist",
    "<%= config.bin %> <%= command.id %> dir:/srv/policies dist --trust trust.yaml --json",
  ];
  static override args = {
    before: Args.string({ description: "dir:PATH, https://… or github:OWNER/REPO[@channel]", required: true }),
    after: Args.string({ description: "the same", required: true }),
  };
  static override flags = { trust: Flags.string({ description: "verify both by this trust policy" }) };

  async run(): Promise<DiffResult> {
    const { args, flags } = await this.parse(BundleDiffCommand);
    const [before, after] = [await open(args.before, flags.trust), await open(args.after, flags.trust)];
    const diff = diffBundles(before.content, after.content);
    this.log(`${nameOf(before.manifest)} → ${nameOf(after.manifest)}${flags.trust ? "" : " (not verified)"}\n`);
    this.log(isEmpty(diff) ? "They say the same." : describe(diff).join("\n"));
    return { before: pick(before.manifest), after: pick(after.manifest), ...diff };
  }
}

async function open(text: string, trust: string | undefined) {
  if (trust !== undefined) {
    const { verified, offered } = await openTrustedBundle(text, trust);
    return { manifest: verified.manifest, content: await readContent(verified.manifest, offered.readBlob) };
  }
  const source = bundleSource(text);
  const offered = await source.poll(undefined);
  const found = offered && parseUnverified(Buffer.from(offered.bytes).toString("utf8"));
  if (!found) throw new CordonError("BUNDLE_MALFORMED", `${source.name} holds no bundle that can be read`);
  return { manifest: found.manifest, content: await readContent(found.manifest, offered.readBlob) };
}

function pick({ epoch, revision, created, source }: Manifest) {
  return { epoch, revision, created, source };
}

function nameOf(manifest: Manifest): string {
  const { created, source } = manifest;
  return `${revisionOf(manifest)} (${created}, commit ${shown(source.commit?.slice(0, 12) ?? "unknown")})`;
}

/** Without --trust anybody may have chosen the name; a terminal would act on control characters in it. */
function shown(name: string): string {
  return oneLine(name, MAX_NAME);
}

function describe({ policies, lists, approvals, advisories }: BundleDiff): string[] {
  const lines = describeChanges("policy", { ...policies, changed: [] });
  for (const { name, rules, settings } of policies.changed) {
    lines.push(`${paint("yellow", "~")} policy ${shown(name)}${settings ? ": its settings" : ""}`);
    lines.push(...describeChanges("rule", rules).map((line) => `  ${line}`));
  }
  lines.push(...describeChanges("list", { ...lists, changed: [] }));
  for (const { name, ...entries } of lists.changed) {
    lines.push(
      `${paint("yellow", "~")} list ${shown(name)}`,
      ...describeChanges("entry", entries).map((line) => `  ${line}`),
    );
  }
  lines.push(...describeChanges("approval of", approvals));
  for (const { feed, counts, ...named } of advisories) {
    lines.push(
      `${paint("yellow", "~")} feed ${feed}: ${counts.added} added, ${counts.removed} removed, ${counts.changed} changed`,
    );
    lines.push(...describeChanges("advisory", named).map((line) => `  ${line}`));
  }
  return lines;
}

function describeChanges(kind: string, { added, removed, changed }: Changes): string[] {
  const lines = [
    ...added.map(shown).map((name) => `${paint("green", "+")} ${kind} ${name}`),
    ...removed.map(shown).map((name) => `${paint("red", "-")} ${kind} ${name}`),
    ...changed.map(shown).map((name) => `${paint("yellow", "~")} ${kind} ${name}`),
  ];
  const more = lines.length - MAX_SHOWN;
  return more > 0 ? [...lines.slice(0, MAX_SHOWN), `… and ${more} more; --json has them`] : lines;
}
