/** `npm start`: a key of one's own, a bundle of the default policies, and the proxy that enforces it. */
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Errors } from "@oclif/core";
import { revisionOf } from "../../core/bundle/manifest.ts";
import { CordonError, messageOf } from "../../core/errors.ts";
import { buildInto, signInto, signingWithKeyFile, writeKeyPair } from "../bundle.ts";
import { printFailure } from "../command.ts";
import StartProxy from "../commands/proxy.ts";
import { count, paint } from "../print.ts";
import { requireFeeds } from "../repository.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const home = join(root, ".cordon");
const paths = {
  keys: join(home, "keys"),
  bundle: join(home, "bundle"),
  state: join(home, "state"),
  policies: join(root, "policies"),
};
const port = Number(process.env["PORT"] || "4873");
const others = process.argv.slice(2);

try {
  requireUsable();
  await requireFree(port);
  console.log(describe(await prepare()));
  const options = [
    "--bundle",
    `dir:${paths.bundle}`,
    "--trust",
    join(paths.keys, "cordon.pub"),
    "--state",
    paths.state,
  ];
  await StartProxy.run([...options, "--listen", `127.0.0.1:${port}`, ...others], import.meta.url);
} catch (error) {
  if (error instanceof CordonError) printFailure(error, false);
  else await Errors.handle(error as Error);
}

/** What cannot be changed here, for the bundle, the trust policy and the printed addresses go with it. Throws USAGE. */
function requireUsable(): void {
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new CordonError("USAGE", `PORT is ${JSON.stringify(process.env["PORT"])}, and must be from 1 to 65535`, {
      next: "PORT=4874 npm start",
    });
  const fixed = others.find((option) => /^--(bundle|trust|state|listen|help)\b|^-h$/.test(option));
  if (fixed !== undefined)
    throw new CordonError("USAGE", `npm start takes no ${fixed.split("=", 1)[0]}; the port is the variable PORT`, {
      next: "Run the proxy by itself with all its flags: npm run cordon -- proxy --help",
    });
}

/** Before anything is built: another proxy may be polling the bundle. Throws ADDRESS_IN_USE. */
async function requireFree(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new CordonError("ADDRESS_IN_USE", `cannot listen on port ${port}: ${messageOf(cause)}`, {
          cause,
          next: `Another program has it, or another \`npm start\`. Take another port: PORT=${port === 65_535 ? port - 1 : port + 1} npm start`,
        }),
      ),
    );
    server.listen(port, "127.0.0.1", () => server.close(() => resolve()));
  });
}

interface Prepared {
  readonly policies: number;
  readonly advisories: number;
  readonly revision: string;
}

async function prepare(): Promise<Prepared> {
  const repository = await requireFeeds(paths.policies);
  const key = join(paths.keys, "cordon.key");
  if (!existsSync(key)) writeKeyPair(paths.keys);
  const { statement } = await buildInto(repository, {
    out: paths.bundle,
    revision: undefined,
    now: new Date(),
    version: "quickstart",
  });
  await signInto(paths.bundle, signingWithKeyFile(key));
  const advisories = repository.feeds.reduce((sum, { entries }) => sum + entries, 0);
  return { policies: repository.rules.set.policies.length, advisories, revision: revisionOf(statement.predicate) };
}

function describe({ policies, advisories, revision }: Prepared): string {
  const registry = `http://127.0.0.1:${port}/npm/`;
  return `
${paint("bold", "Cordon")} enforces ${count(policies, "policy", "policies")} and ${count(advisories, "advisory", "advisories")}, as ${revision}.

An install that goes through:
  ${paint("cyan", `npm install --registry=${registry} express`)}
One that is refused, and tells why:
  ${paint("cyan", `npm install --registry=${registry} minimist@1.2.5`)}
The same reason for programs:
  ${paint("cyan", `curl http://127.0.0.1:${port}/-/why/pkg:npm/minimist@1.2.5`)}
For a whole project, write ${paint("cyan", `registry=${registry}`)} into its .npmrc.
For Python set ${paint("cyan", `PIP_INDEX_URL=http://127.0.0.1:${port}/pypi/simple/`)}, for Go ${paint("cyan", `GOPROXY=http://127.0.0.1:${port}/go`)}.

The rules are in policies/; change one, start again, and the next install meets it. Ctrl-C stops.
`;
}
