/** Where the workflows of a policy repository find Cordon's own action. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CordonError } from "../../core/errors.ts";
import { forgeRepository } from "../../core/forge.ts";
import { own, ownString } from "../../core/json.ts";
import { readText } from "../../core/source/files.ts";
import { oneLine } from "../../core/words.ts";
import { remoteOf } from "../git/branches.ts";
import { readCommit } from "../git/history.ts";
import { type Action, slugOf } from "./settings.ts";

/** Cordon's own folder, and what its package.json says. */
export interface Product {
  readonly root: string;
  readonly version: string;
  readonly manifest: unknown;
}

const ACTION = /^([A-Za-z0-9][A-Za-z0-9-]{0,38}\/[\w.-]{1,100})@([\w][\w./-]{0,199})$/;
const COMMIT = /^[0-9a-f]{40}$/;
/** What a built package knows of the checkout that it was made of. */
const BUILD_FILE = "build.json";

/** Reads `OWNER/REPO@REF`. Throws USAGE. */
export function parseAction(text: string): Action {
  const [, repository, ref] = ACTION.exec(text) ?? [];
  if (repository !== undefined && ref !== undefined && !/\/\.{1,2}$/.test(repository))
    return { repository, ref, version: undefined };
  throw new CordonError("USAGE", `${JSON.stringify(oneLine(text, 120))} does not read OWNER/REPO@REF`, {
    next: "Give the repository that holds Cordon's action, and the commit of it that the workflows are to run.",
  });
}

/**
 * As the package says, or the checkout that Cordon runs from. Nothing is asked of a network; and a folder around a package,
 * in which it is only installed, has no say.
 */
export async function findAction({ root, version, manifest }: Product): Promise<Action> {
  const built = existsSync(join(root, BUILD_FILE)) ? readBuild(root) : undefined;
  const isCheckout = built === undefined && existsSync(join(root, ".git"));
  const named = repositoryOf(manifest) ?? (isCheckout ? await remoteOf(root) : undefined);
  const page = forgeRepository(named);
  const ref = built ?? (isCheckout ? ((await readCommit(root)) ?? undefined) : undefined);
  return {
    repository: page?.kind === "github" ? slugOf(page.url) : undefined,
    ref: ref !== undefined && COMMIT.test(ref) ? ref : undefined,
    version: `v${version}`,
  };
}

function readBuild(root: string): string | undefined {
  try {
    return ownString(JSON.parse(readText(join(root, BUILD_FILE))), "commit");
  } catch {
    return undefined;
  }
}

/** `repository` of a package.json: an address, or one in an object, or a GitHub repository in short. */
function repositoryOf(manifest: unknown): string | undefined {
  const text = ownString(manifest, "repository") ?? ownString(own(manifest, "repository"), "url");
  const short = /^(?:github:)?([A-Za-z0-9][\w-]*\/[\w.-]+)$/.exec(text ?? "")?.[1];
  return short === undefined ? text?.replace(/^git\+/, "").replace(/^git:/, "https:") : `https://github.com/${short}`;
}

/** What stands after `uses:`, with placeholders for what is not known: they are plainly such, and nobody can have those names. */
export function usesOf({ repository = "<OWNER>/cordon", ref = "<REF>", version }: Action): string {
  const comment = COMMIT.test(ref) && version !== undefined ? ` # ${version}` : "";
  return `${repository}/.github/actions/policy@${ref}${comment}`;
}
