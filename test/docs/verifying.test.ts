import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { generateKeyPair } from "../../core/bundle/keys.ts";
import { BUNDLE_FILE, blobPath, PAYLOAD_TYPE, PREDICATE_TYPE } from "../../core/bundle/manifest.ts";
import { keySigning, signStatement } from "../../core/bundle/sign.ts";
import { writeBlobs, writeSignedBundle } from "../../core/bundle/write.ts";
import schema from "../../schemas/manifest.schema.json" with { type: "json" };
import { makeBundle } from "../support/bundles.ts";
import { type Folder, makeFolder } from "../support/folder.ts";

const DOCS = readFileSync(new URL("../../docs/VERIFYING.md", import.meta.url), "utf8");
const BLOCKS = [...DOCS.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = ""]) => text);
const block = (part: string) => BLOCKS.find((text) => text.includes(part)) ?? assert.fail(`no block has ${part}`);

const TOOLS = ["sh", "jq", "openssl", "base64", "sha256sum"];
const missing = TOOLS.filter((tool) => spawnSync(tool, ["--version"]).error !== undefined);
const skip = missing.length > 0 && `there is no ${missing.join(" or ")} here`;

/** What needs cosign is tested in test/stock. */
describe("docs/VERIFYING.md", () => {
  it("names what bundles are made of", () => {
    for (const name of [BUNDLE_FILE, blobPath("<digest>"), PREDICATE_TYPE, PAYLOAD_TYPE])
      assert.ok(DOCS.includes(name), name);
    for (const tool of ["cosign", "gh"])
      for (const text of BLOCKS.filter((text) => text.startsWith(tool))) assert.ok(text.includes(PREDICATE_TYPE), text);
  });

  it("names fields that a predicate has", () => {
    const [, table = ""] = DOCS.split("| field | question |");
    const names = [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = ""]) => cell.match(/\w+/g) ?? []);
    assert.ok(names.length > 5);
    for (const name of names) assert.ok(name in schema.properties, name);
  });

  describe("its commands for a key", { skip }, () => {
    const built = makeBundle();
    let folder: Folder;

    before(async () => {
      const { publicKey, privateKey } = generateKeyPair();
      const statement = Buffer.from(JSON.stringify(built.statement));
      folder = makeFolder({ "cordon.pub": publicKey, "other.txt": "another file" });
      writeBlobs(folder.path, built.blobs);
      writeSignedBundle(folder.path, await signStatement(statement, keySigning(privateKey, "test")));
    });

    after(() => folder.remove());

    const run = (script: string) => {
      const { status, stdout, stderr } = spawnSync("sh", ["-ec", script], { cwd: folder.path, encoding: "utf8" });
      return { status, stdout, stderr };
    };

    it("show what is in the statement", () => {
      const { status, stdout, stderr } = run(block("jq .predicate"));
      assert.equal(status, 0, stderr);
      for (const { name, digest } of built.statement.subject) assert.ok(stdout.includes(`${digest.sha256}  ${name}\n`));
      assert.ok(stdout.includes('"channel": "stable"'));
    });

    it("accept the signature", () => {
      assert.deepEqual(run(block("openssl dgst")), { status: 0, stdout: "Verified OK\n", stderr: "" });
    });

    it("refuse another statement, and another key", () => {
      const good = readFileSync(`${folder.path}/${BUNDLE_FILE}`, "utf8");
      const bundle = JSON.parse(good);
      const changed = Buffer.from(bundle.dsseEnvelope.payload, "base64").toString().replace("stable", "steady");
      bundle.dsseEnvelope.payload = Buffer.from(changed).toString("base64");
      folder.write(BUNDLE_FILE, JSON.stringify(bundle));
      assert.notEqual(run(block("openssl dgst")).status, 0);
      folder.write(BUNDLE_FILE, good);
      folder.write("other.pub", generateKeyPair().publicKey);
      assert.notEqual(run(block("openssl dgst").replace("cordon.pub", "other.pub")).status, 0);
    });

    it("find each part by its digest, in both its forms, and nothing else", () => {
      const find = (file: string) => run(block("select(").replace("FILE", file));
      run(block("openssl dgst"));
      for (const { name, gzip } of built.statement.predicate.parts) {
        const blob = blobPath(gzip.sha256);
        folder.write(name, gunzipSync(readFileSync(`${folder.path}/${blob}`)));
        assert.equal(find(blob).stdout, `${name}.gz\n`);
        assert.equal(find(name).stdout, `${name}\n`);
      }
      assert.notEqual(find("other.txt").status, 0);
    });
  });
});
