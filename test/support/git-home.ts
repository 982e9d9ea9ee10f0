/** A home for git in which nothing is set but what a test sets, and git commands that run with it. */
import { execFileSync } from "node:child_process";
import { type Folder, makeFolder } from "./folder.ts";

export interface GitHome {
  /** For the environment of a command line that runs as whoever lives here. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs git in a folder, and gives what it prints. */
  git(dir: string, ...args: readonly string[]): string;
  write: Folder["write"];
  remove(): void;
}

const DEVELOPER = "[user]\n  name = Developer\n  email = dev@acme.example\n";

/** Without `config` somebody lives there whom git knows. */
export function makeGitHome(config: string = DEVELOPER): GitHome {
  const folder = makeFolder({ ".gitconfig": config });
  const environment = { HOME: folder.path, XDG_CONFIG_HOME: folder.path };
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
  return {
    environment,
    git: (dir, ...args) =>
      execFileSync("git", ["-C", dir, ...args], {
        encoding: "utf8",
        env: { ...own, ...environment, GIT_CONFIG_NOSYSTEM: "1" },
      }).trim(),
    write: folder.write,
    remove: folder.remove,
  };
}
