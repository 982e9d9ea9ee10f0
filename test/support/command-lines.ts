/**
 * The command lines of each client, for what people run besides installs. A client that is not in a table has no such
 * command, or none that asks the registry.
 */
import type { ClientName } from "./clients.ts";

/** `dep` and `tagged` are packages; the test names them. */
export type Lines = Readonly<Partial<Record<ClientName, readonly string[]>>>;

export const UPDATE: Lines = {
  npm: ["update"],
  pnpm10: ["update"],
  pnpm12: ["update"],
  yarn1: ["upgrade"],
  yarn4: ["up", "-R", "dep"],
  bun: ["update"],
};

export const UPDATE_TO_LATEST: Lines = {
  npm: ["install", "dep@latest"],
  pnpm10: ["update", "--latest"],
  pnpm12: ["update", "--latest"],
  yarn1: ["upgrade", "--latest"],
  yarn4: ["up", "dep"],
  bun: ["update", "--latest"],
};

export const OUTDATED: Lines = {
  npm: ["outdated"],
  pnpm10: ["outdated"],
  pnpm12: ["outdated"],
  yarn1: ["outdated"],
  bun: ["outdated"],
};
/** The others say with their exit code that something is. */
export const NEVER_FAILS_FOR_OUTDATED = new Set<ClientName>(["bun"]);

/** pnpm 10 has npm do it, as it has it look at tags, search and ping. */
export const VIEW_VERSION: Lines = {
  npm: ["view", "dep", "version"],
  pnpm10: ["view", "dep", "version"],
  pnpm12: ["view", "dep", "version"],
  yarn1: ["info", "dep", "version"],
  yarn4: ["npm", "info", "dep", "--fields", "version", "--json"],
  bun: ["pm", "view", "dep", "version"],
};

export const VIEW_BLOCKED: Lines = {
  npm: ["view", "dep@1.2.0"],
  pnpm10: ["view", "dep@1.2.0"],
  pnpm12: ["view", "dep@1.2.0"],
  yarn4: ["npm", "info", "dep@1.2.0"],
  bun: ["pm", "view", "dep@1.2.0"],
};

export const TAGS: Lines = {
  npm: ["dist-tag", "ls", "tagged"],
  pnpm10: ["dist-tag", "ls", "tagged"],
  pnpm12: ["dist-tag", "ls", "tagged"],
  yarn1: ["tag", "list", "tagged"],
  yarn4: ["npm", "tag", "list", "tagged"],
  bun: ["pm", "view", "tagged", "dist-tags"],
};

export const AUDIT: Lines = {
  npm: ["audit"],
  pnpm10: ["audit"],
  pnpm12: ["audit"],
  yarn4: ["npm", "audit"],
  bun: ["audit"],
};
export const SENDS_GZIP = new Set<ClientName>(["npm", "bun"]);

/** pnpm 10 only writes overrides, which the next install reads. */
export const AUDIT_FIX: Lines = { npm: ["audit", "fix"], pnpm12: ["audit", "--fix=update"], bun: ["audit", "fix"] };

export const RUN_ONCE: Lines = {
  npm: ["exec", "--yes", "tool"],
  pnpm10: ["dlx", "tool"],
  pnpm12: ["dlx", "tool"],
  yarn4: ["dlx", "tool"],
  bun: ["x", "tool"],
};

export const SEARCH: Lines = { npm: ["search", "dep"], pnpm10: ["search", "dep"], pnpm12: ["search", "dep"] };

export const PING: Lines = { npm: ["ping"], pnpm10: ["ping"], pnpm12: ["ping"] };

export const WRITE: Lines = { npm: ["deprecate", "dep@1.0.0", "old"], pnpm12: ["deprecate", "dep@1.0.0", "old"] };
