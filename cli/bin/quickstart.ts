/** `npm start`: a key of one's own, a bundle of the default policies, and the proxy that enforces it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { requireRepository } from "../../core/repository.ts";
import { buildInto, signInto, writeKeyPair } from "../bundle.ts";
import StartProxy from "../commands/proxy.ts";
import { paint } from "../print.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const home = join(root, ".cordon");
const paths = {
  keys: join(home, "keys"),
  bundle: join(home, "bundle"),
  state: join(home, "state"),
  policies: join(root, "policies"),
};
const port = process.env["PORT"] ?? "4873";

const key = join(paths.keys, "cordon.key");
if (!existsSync(key)) writeKeyPair(paths.keys);
const repository = requireRepository(paths.policies);
const { statement } = await buildInto(repository, {
  out: paths.bundle,
  revision: undefined,
  now: new Date(),
  version: "quickstart",
});
await signInto(paths.bundle, key);

const registry = `http://127.0.0.1:${port}/npm/`;
console.log(`
${paint("bold", "Cordon")} enforces ${repository.rules.set.policies.length} policies and ${repository.feeds[0]?.entries ?? 0} starter advisories, as revision ${statement.predicate.revision}.

An install that goes through:
  ${paint("cyan", `npm install --registry=${registry} express`)}
One that is refused, and tells why:
  ${paint("cyan", `npm install --registry=${registry} minimist@1.2.5`)}
The same reason for programs:
  ${paint("cyan", `curl http://127.0.0.1:${port}/-/why/pkg:npm/minimist@1.2.5`)}
For a whole project, write ${paint("cyan", `registry=${registry}`)} into its .npmrc.

The rules are in policies/; change one, start again, and the next install meets it. Ctrl-C stops.
`);

await StartProxy.run(
  [
    "--bundle",
    `dir:${paths.bundle}`,
    "--trust",
    join(paths.keys, "cordon.pub"),
    "--listen",
    `127.0.0.1:${port}`,
    "--state",
    paths.state,
    ...process.argv.slice(2),
  ],
  import.meta.url,
);
