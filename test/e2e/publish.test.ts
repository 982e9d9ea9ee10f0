/** The npm family publishes through the proxy, and installs what it has published. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CLIENTS, type ClientName, type ClientProject, makeClientProject } from "../support/clients.ts";
import { type BundleFolder, makeBundleFolder, NOW, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type PublishRegistry, startPublishRegistry } from "../support/publish-registry.ts";

const TOKEN = "npm_of-the-publisher";
const ONE_TIME = "This operation requires a one-time password.";

interface Knows {
  /** Whether it has a command for tags. */
  readonly tags: boolean;
  /** What a person reads where the version is there already. */
  readonly again: RegExp;
  /** What a person reads where the registry asks for a one-time password, and nobody can be asked. */
  readonly oneTime: RegExp;
  /** What a person reads where publishing is not allowed. */
  readonly shut: RegExp;
}

const AGAIN = /cannot publish over the previously published versions: 1\.0\.0/;
const SHUT = /cordon: @acme\/\S+ is not published through this proxy: publish it at http/;

const KNOWS: Readonly<Record<ClientName, Knows>> = {
  npm: { tags: true, again: AGAIN, oneTime: /EOTP/, shut: SHUT },
  pnpm10: { tags: true, again: AGAIN, oneTime: /EOTP/, shut: SHUT },
  pnpm12: { tags: true, again: AGAIN, oneTime: /one-time/, shut: SHUT },
  yarn1: { tags: true, again: AGAIN, oneTime: /Two factor authentication enabled/, shut: SHUT },
  yarn4: { tags: true, again: AGAIN, oneTime: /requires additional authentication/, shut: SHUT },
  bun: { tags: false, again: AGAIN, oneTime: /one-time/, shut: SHUT },
};

describe("the npm family publishes through the proxy", () => {
  let registry: PublishRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let shut: TestProxy;
  let published = "2020-01-01T00:00:00.000Z";

  before(async () => {
    registry = await startPublishRegistry({ token: TOKEN, published: () => published });
    folder = makeBundleFolder();
    await folder.sign();
    proxy = await startTestProxy(folder, registry, { publish: ["npm"] });
    shut = await startTestProxy(folder, registry, { state: `${folder.path}/shut` });
  });

  after(async () => {
    await proxy.close();
    await shut.close();
    await registry.close();
    folder.remove();
  });

  async function project(
    client: ClientName,
    manifest: Readonly<Record<string, unknown>>,
    { npm } = proxy,
  ): Promise<ClientProject & AsyncDisposable> {
    const made = makeClientProject(client, `${npm}/`, {
      token: TOKEN,
      manifest: { license: "MIT", ...manifest },
      files: { "index.js": "module.exports = 1;\n" },
    });
    // Without its lockfile yarn 4 takes the folder for no project.
    if (client === "yarn4") await made.install();
    registry.writes.length = 0;
    return { ...made, [Symbol.asyncDispose]: async () => made.remove() };
  }

  for (const client of CLIENTS) {
    describe(client, () => {
      const name = `@acme/of-${client}`;
      const release = (version: string) => ({ name, version, private: false, main: "index.js" });
      const { tags, again, oneTime, shut: off } = KNOWS[client];

      it("publishes, and what it has published is installed like any other", async () => {
        {
          await using made = await project(client, release("1.0.0"));
          const { code, output } = await made.publish();
          assert.equal(code, 0, output);
        }
        const [write, ...more] = registry.writes;
        assert.deepEqual(more, []);
        assert.deepEqual([write?.method, write?.path], ["PUT", `/@acme%2fof-${client}`]);
        assert.equal(write?.headers.authorization, `Bearer ${TOKEN}`);
        assert.equal(write?.headers["user-agent"], "cordon");
        await using other = await project(client, {});
        const { code, output } = await other.add(name);
        assert.equal(code, 0, output);
        assert.equal(other.installed(name), "1.0.0");
      });

      it("is told that a version is there already", async () => {
        await using made = await project(client, release("1.0.0"));
        const { code, output } = await made.publish();
        assert.notEqual(code, 0);
        assert.match(joined(output), again);
      });

      it("is asked for a one-time password", async () => {
        registry.answerWrites((request, response) => {
          request.resume();
          response.writeHead(401, { "www-authenticate": "OTP" }).end(JSON.stringify({ error: ONE_TIME }));
        });
        await using made = await project(client, release("1.0.1"));
        const { code, output } = await made.publish();
        registry.answerWrites(undefined);
        assert.notEqual(code, 0);
        assert.match(joined(output), oneTime);
      });

      it("is told where to publish, where the proxy does not allow it", async () => {
        await using made = await project(client, release("1.0.1"), shut);
        const { code, output } = await made.publish();
        assert.notEqual(code, 0);
        assert.match(joined(output), off);
        assert.deepEqual(registry.writes, []);
      });

      it(tags ? "sets a tag and takes it away" : "has no command for tags", async () => {
        await using made = await project(client, release("1.0.0"));
        assert.equal(made.tag !== undefined, tags);
        if (!made.tag) return;
        const set = await made.tag(name, "next", "1.0.0");
        assert.equal(set.code, 0, set.output);
        assert.deepEqual(await tagsOf(name), { latest: "1.0.0", next: "1.0.0" });
        const taken = await made.tag(name, "next", undefined);
        assert.equal(taken.code, 0, taken.output);
        assert.deepEqual(await tagsOf(name), { latest: "1.0.0" });
      });

      it("has its fresh release judged like any other: held where the policy holds what is young", async () => {
        published = NOW.toISOString();
        await using made = await project(client, release("2.0.0"));
        const { code, output } = await made.publish();
        published = "2020-01-01T00:00:00.000Z";
        assert.equal(code, 0, output);
        await using pinned = await project(client, {});
        const refused = await pinned.add(`${name}@2.0.0`);
        assert.notEqual(refused.code, 0, refused.output);
        assert.deepEqual(pinned.unpacked(name), []);
        await using other = await project(client, {});
        const older = await other.add(name);
        assert.equal(older.code, 0, older.output);
        assert.equal(other.installed(name), "1.0.0");
      });
    });
  }

  const tagsOf = async (name: string): Promise<unknown> =>
    (await fetch(`${proxy.npm}/-/package/${name}/dist-tags`)).json();
});

/** Clients break lines, and draw frames around what they quote. */
function joined(output: string): string {
  return output.replace(/[\s│]+/g, " ");
}
