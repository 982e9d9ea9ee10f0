/** Writes `docs/reference/*.md` from the schemas and the commands; `--check` only compares, and fails when one is not current. */
import { fileURLToPath } from "node:url";
import { writeGenerated } from "../schemas/generated.ts";
import { commandsReference } from "./generate/commands.ts";
import { factsReference } from "./generate/facts.ts";
import { filesReference, readFrom } from "./generate/files.ts";

const root = new URL("../", import.meta.url);
const path = (name: string) => fileURLToPath(new URL(`docs/reference/${name}`, root));

writeGenerated(
  new Map([
    [path("COMMANDS.md"), await commandsReference(fileURLToPath(root))],
    [path("FACTS.md"), factsReference()],
    [path("FILES.md"), filesReference(readFrom(root))],
  ]),
);
