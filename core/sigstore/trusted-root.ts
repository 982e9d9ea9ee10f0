/** Whose certificates, logs and timestamps count: a Sigstore trusted root, which works offline. */
import "./crypto-compat.ts";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import seeds from "@sigstore/tuf/seeds.json" with { type: "json" };
import type { SigstoreTrust } from "../../schemas/types/trust-policy.ts";
import { sha256 } from "../digest.ts";
import { CordonError, messageOf } from "../errors.ts";
import { readText, writeWhole } from "../source/files.ts";
import { formatInstant } from "../time.ts";

/** How a trusted root came, for the status. */
export interface RootStatus {
  /** `embedded`, a path, or the TUF repository. */
  readonly origin: string;
  /** When it was last refreshed through TUF; null where it never was. */
  readonly refreshed: string | null;
  /** When the youngest of its authorities began: an old one may not know those in use today. */
  readonly newestAuthority: string | null;
  /** Why the last refresh failed; the root before stays in use. */
  readonly error: string | null;
}

export interface RootSource {
  current(): TrustedRoot;
  status(): RootStatus;
  /** Asks TUF where the root comes from there and was not asked for a day. Never throws: the last good root stays. */
  refresh(now: Date): Promise<void>;
}

export interface RootOptions {
  /** What relative paths are relative to. */
  readonly base: string;
  /** Where TUF keeps its metadata, and the last good root lies. */
  readonly cacheDir: string;
}

const PUBLIC_MIRROR = Object.keys(seeds)[0] as keyof typeof seeds;
const DAY_MS = 86_400_000;
/** After a refresh that failed. */
const RETRY_MS = 3_600_000;

/** Throws TRUST_INVALID, FILE_UNREADABLE. */
export function openRoot(settings: SigstoreTrust, { base, cacheDir }: RootOptions): RootSource {
  const { trustedRoot = "embedded", mirror, root } = settings;
  if (trustedRoot !== "tuf" && (mirror !== undefined || root !== undefined))
    throw new CordonError("TRUST_INVALID", "`mirror` and `root` go with `trustedRoot: tuf` only");
  if (trustedRoot === "embedded") return fixedRoot(embeddedRoot(), "embedded");
  if (trustedRoot !== "tuf") {
    const path = resolve(base, trustedRoot);
    return fixedRoot(parseRoot(readText(path), path), path);
  }
  if ((mirror === undefined) !== (root === undefined))
    throw new CordonError("TRUST_INVALID", "a TUF `mirror` needs its `root`, and the other way round");
  return tufRoot(mirror ?? PUBLIC_MIRROR, root === undefined ? undefined : resolve(base, root), cacheDir);
}

/** The public instance's root as it came with @sigstore/tuf. */
export function embeddedRoot(): TrustedRoot {
  const text = Buffer.from(seeds[PUBLIC_MIRROR].targets["trusted_root.json"], "base64").toString("utf8");
  return parseRoot(text, "the embedded root");
}

function fixedRoot(root: TrustedRoot, origin: string): RootSource {
  return {
    current: () => root,
    status: () => ({ origin, refreshed: null, newestAuthority: newestAuthority(root), error: null }),
    refresh: async () => {},
  };
}

function tufRoot(mirror: string, rootPath: string | undefined, cacheDir: string): RootSource {
  // Another repository, or another beginning of trust in it, is another root.
  const id = sha256(`${mirror} ${rootPath === undefined ? "" : sha256(readText(rootPath))}`).slice(0, 16);
  const lastGood = join(cacheDir, `${id}.trusted_root.json`);
  let root = readLastGood(lastGood) ?? (mirror === PUBLIC_MIRROR ? embeddedRoot() : undefined);
  let refreshed: Date | undefined;
  let nextAt = 0;
  let error: string | null = null;
  return {
    current() {
      if (root) return root;
      throw new CordonError("TRUST_INVALID", `no trusted root came from ${mirror} yet${error ? `: ${error}` : ""}`);
    },
    status: () => ({
      origin: mirror,
      refreshed: refreshed ? formatInstant(refreshed) : null,
      newestAuthority: root ? newestAuthority(root) : null,
      error,
    }),
    async refresh(now) {
      if (now.getTime() < nextAt) return;
      try {
        // Loaded where it is needed only: most proxies never speak TUF.
        const { getTrustedRoot } = await import("@sigstore/tuf");
        mkdirSync(cacheDir, { recursive: true });
        root = await getTrustedRoot({
          mirrorURL: mirror,
          cachePath: cacheDir,
          retry: 1,
          ...(rootPath && { rootPath }),
        });
        writeWhole(lastGood, JSON.stringify(TrustedRoot.toJSON(root)));
        [refreshed, error, nextAt] = [now, null, now.getTime() + DAY_MS];
      } catch (cause) {
        [error, nextAt] = [messageOf(cause), now.getTime() + RETRY_MS];
      }
    },
  };
}

function readLastGood(path: string): TrustedRoot | undefined {
  try {
    return parseRoot(readText(path), path);
  } catch {
    return undefined; // none yet, or one that was cut short: TUF is asked before anything is verified
  }
}

function parseRoot(text: string, where: string): TrustedRoot {
  let root: TrustedRoot;
  try {
    root = TrustedRoot.fromJSON(JSON.parse(text));
  } catch (cause) {
    throw new CordonError("TRUST_INVALID", `${where} is no Sigstore trusted root: ${messageOf(cause)}`, { cause });
  }
  // An empty one would parse as well, and then every signature would be called a forgery.
  if (root.certificateAuthorities.length === 0)
    throw new CordonError("TRUST_INVALID", `${where} is no Sigstore trusted root: it names no certificate authority`);
  return root;
}

function newestAuthority({ tlogs, ctlogs, certificateAuthorities, timestampAuthorities }: TrustedRoot): string | null {
  const starts = [
    ...[...tlogs, ...ctlogs].map(({ publicKey }) => publicKey?.validFor?.start),
    ...[...certificateAuthorities, ...timestampAuthorities].map(({ validFor }) => validFor?.start),
  ].flatMap((start) => start?.getTime() ?? []);
  return starts.length === 0 ? null : formatInstant(new Date(Math.max(...starts)));
}
