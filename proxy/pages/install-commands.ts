/** What a person types to install one release, in the ecosystem's own client. */
import type { ReleaseId } from "../../core/purl.ts";

export function installCommand({ type, name, version }: ReleaseId): string {
  switch (type) {
    case "npm":
      return `npm install ${quote(`${name}@${version}`)}`;
    case "pypi":
      return `pip install ${quote(`${name}==${version}`)}`;
    case "cargo":
      return `cargo add ${quote(`${name}@${version}`)}`;
    case "golang":
      return `go get ${quote(`${name}@${version}`)}`;
  }
}

/** Some of npm's names, and some versions, hold characters that a shell would act on. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
