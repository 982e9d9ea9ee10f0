/** What the commands on bundles and the quick start share. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type BuiltBundle, buildBundle } from "../core/bundle/build.ts";
import { generateKeyPair } from "../core/bundle/keys.ts";
import { BUNDLE_FILE, checkManifest, STATEMENT_FILE } from "../core/bundle/manifest.ts";
import { keySigning, type Signing, signStatement } from "../core/bundle/sign.ts";
import { writeSignedBundle, writeStatement } from "../core/bundle/write.ts";
import { sha256 } from "../core/digest.ts";
import { CordonError } from "../core/errors.ts";
import { isObject, own, ownString } from "../core/json.ts";
import { readText, writeWhole } from "../core/source/files.ts";
import { parseDuration } from "../core/time.ts";
import type { Manifest } from "../schemas/types/manifest.ts";
import { readCommit } from "./git/history.ts";
import { table } from "./print.ts";
import type { Repository } from "./repository.ts";
import { readRuleHistory } from "./rule-history.ts";

/** A bundle that another is built on top of. */
export interface PreviousBundle {
  readonly manifest: Manifest;
  /** SHA-256 of its statement. */
  readonly digest: string;
}

export interface BuildOptions {
  readonly out: string;
  /** Left out: one more than the previous bundle's. */
  readonly revision: number | undefined;
  /** Left out: the bundle that lies in `out`. Null: there is none. */
  readonly previous?: PreviousBundle | null;
  /** Counts from revision 1 again, in the next epoch. */
  readonly isNewEpoch?: boolean;
  readonly now: Date;
  readonly version: string;
}

/** Builds the repository's bundle into `out`. */
export async function buildInto(
  repository: Repository,
  { out, revision, previous = readBuilt(out) ?? null, isNewEpoch = false, now, version }: BuildOptions,
): Promise<BuiltBundle> {
  const { config, source, feeds, dir, rules } = repository;
  const history = await readRuleHistory(dir, rules.set.policies);
  const built = buildBundle({
    source: { ...source, ...(history && { history }) },
    feeds,
    channel: config.channel ?? "stable",
    epoch: (previous?.manifest.epoch ?? 0) + (isNewEpoch ? 1 : 0),
    revision: revision ?? (previous && !isNewEpoch ? previous.manifest.revision + 1 : 1),
    previous: previous?.digest ?? null,
    created: now,
    lifetimeMs: parseDuration(config.lifetime ?? "168h") ?? 0,
    repository: config.repository ?? null,
    commit: await readCommit(dir),
    generator: { name: "cordon", version },
  });
  mkdirSync(out, { recursive: true });
  writeStatement(out, built);
  return built;
}

/** Signs the statement in `out`. Throws BUNDLE_MISSING, SIGNING_FAILED. */
export async function signInto(out: string, signing: Signing): Promise<void> {
  const path = join(out, STATEMENT_FILE);
  if (!existsSync(path)) throw new CordonError("BUNDLE_MISSING", `there is no ${path} to sign`);
  writeSignedBundle(out, await signStatement(Buffer.from(readText(path).trimEnd()), signing));
}

/** Throws KEY_INVALID, FILE_UNREADABLE. */
export function signingWithKeyFile(path: string): Signing {
  return keySigning(readText(path), path);
}

/** Writes `cordon.key` (readable by its owner only) and `cordon.pub`. Throws KEY_EXISTS rather than replace a key. */
export function writeKeyPair(dir: string): { key: string; pub: string } {
  const paths = { key: join(dir, "cordon.key"), pub: join(dir, "cordon.pub") };
  for (const path of Object.values(paths)) {
    if (existsSync(path)) throw new CordonError("KEY_EXISTS", `${path} exists; a key in use is not replaced`);
  }
  mkdirSync(dir, { recursive: true });
  const { privateKey, publicKey } = generateKeyPair();
  writeWhole(paths.key, privateKey, 0o600);
  writeWhole(paths.pub, publicKey);
  return paths;
}

/** The manifest in a directory as it says of itself, unverified: it only tells the next number. */
function readBuilt(out: string): PreviousBundle | undefined {
  const path = join(out, BUNDLE_FILE);
  if (!existsSync(path)) return undefined;
  const found = parseUnverified(readText(path));
  // To begin again at revision 1 would give a bundle that every proxy refuses as a rollback.
  if (!found)
    throw new CordonError("FILE_UNREADABLE", `${path} is no bundle, so the next revision is not known: move it away`);
  return { manifest: found.manifest, digest: sha256(found.statement) };
}

/** A signed file's statement and manifest, unverified; undefined where it holds none. */
export function parseUnverified(signed: string): { statement: Buffer; manifest: Manifest } | undefined {
  try {
    const statement = statementOf(signed);
    const manifest = statement && own(JSON.parse(statement.toString("utf8")), "predicate");
    return statement && checkManifest.is(manifest) ? { statement, manifest } : undefined;
  } catch {
    return undefined; // what is no JSON is no bundle either
  }
}

/** The statement inside a signed file, unverified. */
function statementOf(signed: string): Buffer | undefined {
  const envelope = own(JSON.parse(signed), "dsseEnvelope");
  const payload = isObject(envelope) ? ownString(envelope, "payload") : undefined;
  return payload === undefined ? undefined : Buffer.from(payload, "base64");
}

/** A row for each part: name, sizes in bytes as it is and compressed, digest. */
export function partsTable({ parts }: Manifest): string {
  return table(
    parts.map(({ name, size, gzip, sha256 }) => [name, `${size} B`, `${gzip.size} B gz`, `sha256:${sha256}`]),
  );
}
