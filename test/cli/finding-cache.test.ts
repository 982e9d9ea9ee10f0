import assert from "node:assert/strict";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { findingCache } from "../../cli/finding-cache.ts";
import { releaseOf } from "../../core/ecosystems/judged.ts";
import { npm } from "../../core/ecosystems/npm/index.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { type FixtureRelease, packumentBytes } from "../support/packument.ts";

describe("findingCache()", () => {
  let folder: Folder;
  let count: number;

  beforeEach(() => {
    folder = makeFolder();
    count = 0;
  });
  afterEach(() => folder.remove());

  async function read(release: FixtureRelease, { version = "1", hasDigest = true } = {}): Promise<string | undefined> {
    const listing = npm.parseListing("plain", packumentBytes({ name: "plain", releases: [release] }));
    const listed = releaseOf(listing, release.version);
    assert.ok(listed);
    const given = hasDigest ? listed : { ...listed, files: listed.files.map((file) => ({ ...file, digests: {} })) };
    const found = await findingCache(folder.path, version).read(listing, given, async () => ({
      release: { license: `found ${++count}` },
    }));
    return found.release?.license;
  }

  it("reads a file once, also for a later run", async () => {
    assert.equal(await read({ version: "1.0.0" }), "found 1");
    assert.equal(await read({ version: "1.0.0" }), "found 1");
  });

  it("reads it again where the registry lists it otherwise, and for another Cordon", async () => {
    await read({ version: "1.0.0" });
    assert.equal(await read({ version: "1.0.0", files: { "x.js": "other" } }), "found 2");
    assert.equal(await read({ version: "1.0.0", scripts: { install: "x" } }), "found 3");
    assert.equal(await read({ version: "1.0.0" }, { version: "2" }), "found 4");
  });

  it("keeps nothing of a file of which nobody tells a digest", async () => {
    for (const expected of ["found 1", "found 2"])
      assert.equal(await read({ version: "1.0.0" }, { hasDigest: false }), expected);
  });

  it("takes a broken entry for none", async () => {
    await read({ version: "1.0.0" });
    const names = readdirSync(folder.path, { recursive: true, encoding: "utf8" }).map((name) =>
      join(folder.path, name),
    );
    for (const path of names.filter((name) => statSync(name).isFile())) writeFileSync(path, "{");
    assert.equal(await read({ version: "1.0.0" }), "found 2");
  });
});
