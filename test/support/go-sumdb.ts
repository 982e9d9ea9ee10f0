/** A checksum database as go verifies it: a transparent log of all modules, signed anew each time a test begins. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { entriesOf, type FixtureModule, type FixtureModules, type FixtureModuleVersion, modOf } from "./go-modules.ts";

const NAME = "sum.example";
/** Ed25519 (golang.org/x/mod/sumdb/note). */
const ALGORITHM = 1;

/** Serves the log at a module proxy; what comes back is for GOSUMDB. */
export function serveSumdb(proxy: FixtureModules, modules: readonly FixtureModule[]): string {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const key = Buffer.concat([Buffer.of(ALGORITHM), raw]);
  const hash = sha256(`${NAME}\n`, key).subarray(0, 4);
  const releases = modules.flatMap((module) => module.versions.map((version) => ({ module, version })));
  const records = releases.map(({ module, version }) => recordOf(module, version));
  const leaves = records.map((record) => sha256(Buffer.of(0), record));
  const head = `go.sum database tree\n${records.length}\n${treeHash(leaves).toString("base64")}\n`;
  const note = `${head}\n${signatureOf(head, hash, privateKey)}`;
  const put = (path: string, body: string | Buffer) =>
    proxy.answer(`/sumdb/${NAME}/${path}`, (_request, response) => response.end(body));
  put("supported", "");
  put("latest", note);
  put(`tile/8/0/000.p/${leaves.length}`, Buffer.concat(leaves));
  for (const [id, { module, version }] of releases.entries())
    put(`lookup/${module.path}@${version.version}`, `${id}\n${records[id]}\n${note}`);
  return `${NAME}+${hash.toString("hex")}+${key.toString("base64")}`;
}

function signatureOf(text: string, hash: Buffer, key: KeyObject): string {
  const signature = sign(null, Buffer.from(text), key);
  return `\u2014 ${NAME} ${Buffer.concat([hash, signature]).toString("base64")}\n`;
}

function recordOf(module: FixtureModule, version: FixtureModuleVersion): string {
  const name = `${module.path} ${version.version}`;
  const mod = dirHash([{ name: "go.mod", content: modOf(module, version) }]);
  return `${name} ${dirHash(entriesOf(module, version))}\n${name}/go.mod ${mod}\n`;
}

/** `h1:` (golang.org/x/mod/sumdb/dirhash). */
function dirHash(files: readonly { readonly name: string; readonly content: string }[]): string {
  const sorted = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const lines = sorted.map(({ name, content }) => `${sha256(content).toString("hex")}  ${name}\n`);
  return `h1:${sha256(...lines).toString("base64")}`;
}

/** RFC 6962, section 2.1. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only && leaves.length === 1) return only;
  const half = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return sha256(Buffer.of(1), treeHash(leaves.slice(0, half)), treeHash(leaves.slice(half)));
}

function sha256(...parts: readonly (Buffer | string)[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
