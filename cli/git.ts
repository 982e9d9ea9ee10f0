/** The one file that knows git. */
import { simpleGit } from "simple-git";

/** The commit of the work tree that `dir` lies in; null where it is none, or has no commit yet. */
export async function readCommit(dir: string): Promise<string | null> {
  try {
    return (await simpleGit(dir).revparse(["HEAD"])).trim();
  } catch {
    return null; // a bundle may be built outside git; its manifest then says that no commit is known
  }
}
