/** What a person types to install one release, in the clients of its ecosystem. */
import type { ReleaseId } from "../../core/purl.ts";
import { shellWord } from "../../core/words.ts";

/** The ecosystem's own client first. */
export function installCommands({ type, name, version }: ReleaseId): readonly [string, ...string[]] {
  // Some of npm's names, and some versions, hold characters that a shell would act on.
  const at = shellWord(`${name}@${version}`);
  const exactly = shellWord(`${name}==${version}`);
  switch (type) {
    case "npm":
      return [`npm install ${at}`, `pnpm add ${at}`, `yarn add ${at}`, `bun add ${at}`];
    case "pypi":
      return [`pip install ${exactly}`, `uv add ${exactly}`, `poetry add ${exactly}`, `pdm add ${exactly}`];
    case "cargo":
      return [`cargo add ${at}`];
    case "golang":
      return [`go get ${at}`];
  }
}
