import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { FileOrigins } from "../../core/upstream-origins.ts";
import { buildCrates, type FixtureCrate } from "../support/crates.ts";
import { indexEntry, indexPath } from "../support/crates-index.ts";
import { type CratesOptions, type FixtureCrates, startCrates } from "../support/crates-registry.ts";
import { AGE_POLICY, MALWARE_POLICY, policyFile } from "../support/policies.ts";
import {
  type BundleFolder,
  makeBundleFolder,
  NOW,
  type SignedBundle,
  startTestProxy,
  type TestProxy,
} from "../support/proxy.ts";
import { send } from "../support/send.ts";

const malware = (name: string, versions: readonly string[]) => ({
  id: "MAL-2026-1",
  modified: "2026-11-01T00:00:00Z",
  affected: [{ package: { ecosystem: "crates.io", name }, versions: [...versions] }],
});
const rule = (condition: string, message = "No.") =>
  policyFile(
    "one",
    `  rules: [{ name: r, condition: ${JSON.stringify(condition)}, verdict: block, message: ${JSON.stringify(message)} }]`,
  );

const SOME: FixtureCrate = {
  name: "some_crate",
  versions: [{ version: "1.0.0" }, { version: "1.1.0", rustVersion: "1.70" }, { version: "2.0.0", yanked: true }],
};
const MIXED: FixtureCrate = { name: "Inflector", versions: [{ version: "0.11.3" }, { version: "0.11.4" }] };
const YOUNG = "2026-11-21T12:00:00Z";

const disposable = (crates: FixtureCrates) => Object.assign(crates, { [Symbol.asyncDispose]: () => crates.close() });

interface Line {
  readonly vers: string;
  readonly yanked: boolean;
}

describe("a Cargo registry through the proxy", () => {
  let crates: FixtureCrates;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let base: string;
  let clock: Date;

  beforeEach(() => {
    clock = NOW;
    folder = makeBundleFolder();
  });
  afterEach(async () => {
    await proxy.close();
    await crates.close();
    folder.remove();
  });

  async function start(options: CratesOptions = {}, given: readonly FixtureCrate[] = [SOME, MIXED]): Promise<void> {
    crates = await startCrates(given, options);
  }
  async function enforce(bundle: SignedBundle, options = {}): Promise<void> {
    await folder.sign(bundle);
    const upstreams = new Map([["cargo", new URL("index/", crates.url)] as const]);
    proxy = await startTestProxy(folder, crates, { upstreams, now: () => clock, ...options });
    base = `${proxy.publicUrl}/cargo`;
  }
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) => fetch(`${base}${path}`, { headers });
  const statusOf = async (path: string, headers = {}) => {
    const answer = await get(path, headers);
    await answer.arrayBuffer();
    return answer.status;
  };
  const text = async (path: string) => (await get(path)).text();
  const entryText = (name = "some_crate") => text(`/${indexPath(name)}`);
  const lines = async (name?: string) =>
    (await entryText(name))
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Line);
  const yanked = async (name?: string) => (await lines(name)).flatMap((line) => (line.yanked ? [line.vers] : []));
  const crate = (version: string, name = "some_crate") => `/crates/${name}/${version}/download`;
  const sourceOf = (condition: string, message?: string) => ({ policies: [rule(condition, message)] });
  const failureOf = async (path: string) => {
    const answer = await get(path);
    return [answer.status, /^cordon: .* \[(\w+)\]\n$/.exec(await answer.text())?.[1]];
  };

  it("tells cargo that files and all else are here", async () => {
    await start();
    await enforce({});
    const answer = await get("/config.json");
    assert.equal(answer.headers.get("content-type"), "application/json; charset=utf-8");
    assert.deepEqual(await answer.json(), { dl: `${base}/crates`, api: base });
    assert.deepEqual(crates.requests, []);
  });

  it("has an entry as it came, and sends the bytes of files", async () => {
    await start();
    await enforce({});
    const answer = await get(`/${indexPath("some_crate")}`);
    assert.equal(answer.headers.get("content-type"), "text/plain; charset=utf-8");
    assert.equal(await answer.text(), indexEntry(SOME));
    for (const { version, bytes } of buildCrates(SOME)) {
      const file = await get(crate(version));
      assert.deepEqual(Buffer.from(await file.arrayBuffer()), Buffer.from(bytes));
    }
    const part = await get(crate("1.0.0"), { range: "bytes=-10" });
    assert.deepEqual([part.status, (await part.arrayBuffer()).byteLength], [206, 10]);
    assert.ok(crates.asked.every(({ agent }) => agent === "cordon"));
    assert.equal(await statusOf("/no/bo/nobodys"), 404);
    assert.equal(await statusOf(crate("1.0.0", "nobodys")), 404);
  });

  it("asks for config, entry and file once, and answers who has the entry with 304", async () => {
    await start();
    await enforce({});
    const path = `/${indexPath("some_crate")}`;
    const first = await get(path);
    await first.text();
    const etag = first.headers.get("etag") ?? "";
    for (const sent of [etag, `W/${etag}`, `"other", ${etag}`, "*"])
      assert.equal(await statusOf(path, { "if-none-match": sent }), 304, sent);
    assert.equal(await statusOf(path, { "if-none-match": '"other"' }), 200);
    for (let times = 0; times < 2; times++) assert.equal(await statusOf(crate("1.0.0")), 200);
    assert.deepEqual(crates.requests, ["/index/config.json", `/index${path}`, "/dl/some_crate/1.0.0/download"]);
  });

  it("changes an entry's tag with the policy, and not its lines but in that field", async () => {
    await start();
    await enforce({});
    const path = `/${indexPath("some_crate")}`;
    const before = await get(path);
    const text = await before.text();
    await folder.sign({ revision: 2, records: [malware("some_crate", ["1.1.0"])] });
    await proxy.lifecycle.poll();
    const after = await get(path, { "if-none-match": before.headers.get("etag") ?? "" });
    assert.equal(after.status, 200);
    assert.notEqual(after.headers.get("etag"), before.headers.get("etag"));
    const [first, second = "", ...rest] = text.split("\n");
    assert.equal(await after.text(), [first, second.replace('"yanked":false', '"yanked":true'), ...rest].join("\n"));
    await folder.sign({ revision: 3 });
    await proxy.lifecycle.poll();
    assert.equal((await get(path)).headers.get("etag"), before.headers.get("etag"));
  });

  it("marks a denied release, refuses its file, and records both", async () => {
    await start();
    await enforce({ records: [malware("Some-Crate", ["1.1.0"])] });
    assert.deepEqual(await yanked(), ["1.1.0", "2.0.0"]);
    assert.equal(await statusOf(crate("1.1.0")), 403);
    assert.equal((await get(crate("1.1.0"), { range: "bytes=0-9" })).status, 403);
    assert.equal((await fetch(`${base}${crate("1.1.0")}`, { method: "HEAD" })).status, 403);
    assert.equal(await statusOf(crate("1.0.0")), 200);
    assert.equal(await statusOf(crate("2.0.0")), 200, "the upstream's own yanked release stays what it is");
    const denied = (await proxy.decisions()).filter(({ decision }) => decision === "block");
    assert.deepEqual(
      denied.map(({ purl, kind, registry }) => [purl, kind, registry]),
      [
        ["pkg:cargo/some_crate@1.1.0", "metadata", "cargo"],
        ["pkg:cargo/some_crate@1.1.0", "file", "cargo"],
        ["pkg:cargo/some_crate@1.1.0", "file", "cargo"],
        ["pkg:cargo/some_crate@1.1.0", "file", "cargo"],
      ],
    );
    assert.ok(!crates.requests.some((path) => path.includes("1.1.0")), "nothing of it was asked for");
  });

  it("refuses in two lines of less than 512 bytes, the second of them whole", async () => {
    await start();
    await enforce({ source: sourceOf("release.version == '1.1.0'") });
    const answer = await send(`${base}${crate("1.1.0")}`, { method: "GET" });
    assert.equal(answer.headers["content-type"], "text/plain; charset=utf-8");
    assert.equal(answer.headers["cache-control"], "no-store");
    assert.match(answer.message, /^Forbidden - cordon: blocked pkg:cargo\/some_crate@1\.1\.0: No/);
    assert.equal(
      answer.text,
      `cordon: blocked pkg:cargo/some_crate@1.1.0: No (one).\nWhy, and how to ask for an exception: ${proxy.publicUrl}/-/why/pkg:cargo/some_crate@1.1.0\n`,
    );
  });

  for (const [what, message] of [
    ["a reason that is very long", "long ".repeat(99)],
    ["a reason with what divides the lines", "See. Why, and how: https://elsewhere.example. Why, not"],
    ["a reason in other letters", "Ünzulässig\u202e\u2028 😀".repeat(20)],
    ["a reason that seems to end", "No.\n\nyes"],
  ] as const)
    it(`refuses so with ${what}, and a long name and version`, async () => {
      const long = { name: "a".repeat(64), versions: [{ version: `1.0.0-${"b".repeat(90)}` }, { version: "0.9.0" }] };
      await start({}, [SOME, long]);
      await enforce({ source: sourceOf("release.version != '0.9.0'", message) });
      const version = long.versions[0]?.version ?? "";
      for (const [path, purl] of [
        [crate("1.1.0"), "pkg:cargo/some_crate@1.1.0"],
        [crate(version, long.name), `pkg:cargo/${long.name}@${version}`],
      ] as const) {
        const body = Buffer.from(await (await get(path)).arrayBuffer());
        assert.ok(body.length <= 500, String(body.length));
        assert.ok([...body].every((byte) => byte === 0x0a || (byte >= 0x20 && byte < 0x7f)));
        const [first = "", second, ...rest] = body.toString().split("\n");
        assert.ok(first.startsWith(`cordon: blocked ${purl.slice(0, 50)}`), first);
        assert.equal(second, `Why, and how to ask for an exception: ${proxy.publicUrl}/-/why/${purl}`);
        assert.deepEqual(rest, [""]);
      }
    });

  it("refuses the entry of a crate of which nothing is allowed, also to who has it", async () => {
    await start();
    await enforce({});
    const etag = (await get("/in/fl/inflector")).headers.get("etag") ?? "";
    await folder.sign({ revision: 2, records: [malware("inflector", ["0.11.3", "0.11.4"])] });
    await proxy.lifecycle.poll();
    for (const headers of [{}, { "if-none-match": etag }]) {
      const answer = await get("/in/fl/inflector", headers);
      assert.equal(answer.status, 403);
      assert.match(
        await answer.text(),
        /^cordon: blocked pkg:cargo\/Inflector@0\.11\.4: .*\nWhy, .*\/Inflector@0\.11\.4\n$/,
      );
    }
    assert.equal(await statusOf(crate("0.11.4", "Inflector")), 403);
    assert.equal(await statusOf(`/${indexPath("some_crate")}`), 200);
  });

  it("has the same answer for a crate whose name has both cases, whatever its spelling", async () => {
    await start();
    await enforce({ records: [malware("inflector", ["0.11.4"])] });
    assert.deepEqual(await yanked("Inflector"), ["0.11.4"]);
    assert.equal(await statusOf(crate("0.11.3", "Inflector")), 200);
    assert.equal(await statusOf(crate("0.11.4", "Inflector")), 403);
    // By other letters there is no file; of what is denied the reason is told.
    assert.deepEqual(
      [await statusOf(crate("0.11.3", "inflector")), await statusOf(crate("0.11.4", "inflector"))],
      [404, 403],
    );
    assert.equal(await statusOf("/In/fl/Inflector"), 404);
    const why = await fetch(`${proxy.publicUrl}/-/why/pkg:cargo/Inflector@0.11.4`);
    assert.equal(((await why.json()) as { decision: string }).decision, "block");
    const entries = crates.requests.filter((path) => path.startsWith("/index/in"));
    assert.deepEqual([...new Set(entries)], ["/index/in/fl/inflector"]);
  });

  it("sends what it lists: a release that came since does not change that", async () => {
    await start();
    await enforce({});
    assert.equal((await lines("Inflector")).length, 2);
    assert.equal(await statusOf(crate("0.11.4", "Inflector")), 200);
    crates.put({ ...MIXED, versions: [...MIXED.versions, { version: "0.12.0" }] });
    clock = new Date(NOW.getTime() + 59_000);
    assert.deepEqual([(await lines("Inflector")).length, await statusOf(crate("0.12.0", "Inflector"))], [2, 404]);
    clock = new Date(NOW.getTime() + 61_000);
    assert.deepEqual([(await lines("Inflector")).length, await statusOf(crate("0.12.0", "Inflector"))], [3, 200]);
  });

  it("refuses a malicious version that the upstream took down, also where the whole crate is gone", async () => {
    await start();
    await enforce({ records: [malware("some_crate", ["0.9.0"]), { ...malware("gone", ["1.0.0"]), id: "MAL-2026-2" }] });
    assert.deepEqual([await statusOf(crate("0.9.0")), await statusOf(crate("0.8.0"))], [403, 404]);
    assert.deepEqual([await statusOf(crate("1.0.0", "gone")), await statusOf(crate("1.1.0", "gone"))], [403, 404]);
    assert.equal(await statusOf("/go/ne/gone"), 404);
    assert.equal((await lines()).length, 3);
  });

  it("takes 404, 410 and 451 of an index for a crate that there is not, and other refusals for none of that", async () => {
    await start();
    await enforce({ records: [malware("some_crate", ["9.0.0"])] });
    for (const [status, answered] of [
      [404, 404],
      [410, 404],
      [451, 404],
      [403, 502],
      [400, 502],
    ] as const) {
      crates.answer(crates.entryOf("some_crate"), (_request, response) => response.writeHead(status).end());
      const paths = [`/${indexPath("some_crate")}`, crate("1.0.0"), crate("9.0.0")];
      assert.deepEqual(await Promise.all(paths.map((path) => statusOf(path))), [answered, answered, 403], `${status}`);
    }
  });

  it("takes 451 of a crate's file for a refusal: only the index says what there is", async () => {
    await start();
    await enforce({});
    crates.answer(crates.pathOf("some_crate", "1.0.0"), (_request, response) => response.writeHead(451).end());
    assert.deepEqual([await statusOf(crate("1.0.0")), (await lines()).length], [502, 3]);
  });

  it("says why of an entry that has lost all its lines", async () => {
    await start({}, [
      { name: "gone", versions: [] },
      { name: "empty", versions: [] },
    ]);
    await enforce({ records: [malware("gone", ["1.0.0"])] });
    const answer = await get("/go/ne/gone");
    assert.equal(answer.status, 403);
    assert.match(await answer.text(), /^cordon: blocked pkg:cargo\/gone@1\.0\.0/);
    assert.deepEqual([await statusOf("/em/pt/empty"), await entryText("empty")], [200, ""]);
  });

  it("holds what is too young by `pubtime`, and what has none", async () => {
    await start({}, [
      {
        name: "aged",
        versions: [
          { version: "1.0.0" },
          { version: "1.1.0", published: YOUNG },
          { version: "1.2.0", published: null },
          { version: "1.3.0", line: { pubtime: "soon" }, api: { created_at: "soon" } },
        ],
      },
      { name: "fresh", versions: [{ version: "1.0.0", published: YOUNG }] },
    ]);
    await enforce({ source: { policies: [AGE_POLICY] } });
    assert.deepEqual(await yanked("aged"), ["1.1.0", "1.2.0", "1.3.0"]);
    assert.match(await text(crate("1.1.0", "aged")), /held pkg:cargo\/aged@1\.1\.0 until 2026-11-24T12:00:00Z/);
    assert.match(await text(crate("1.2.0", "aged")), /held pkg:cargo\/aged@1\.2\.0: No publish time/);
    assert.equal(await statusOf("/fr/es/fresh"), 403);
    clock = new Date("2026-11-24T12:00:01Z");
    assert.deepEqual(await yanked("aged"), ["1.2.0", "1.3.0"]);
    assert.equal(await statusOf(crate("1.1.0", "aged")), 200);
    assert.deepEqual(await yanked("fresh"), []);
  });

  it("holds all of an index that tells no times and has no API, by the default policy on age", async () => {
    await start({ pubtime: false, config: { api: null } });
    await enforce({ source: { policies: [AGE_POLICY] } });
    assert.equal(await statusOf(`/${indexPath("some_crate")}`), 403);
    await folder.sign({ revision: 2, source: { policies: [MALWARE_POLICY] } });
    await proxy.lifecycle.poll();
    assert.deepEqual(await yanked(), ["2.0.0"]);
  });

  it("sends no other bytes than the checksum names, and none of an unknown version", async () => {
    await start();
    await enforce({});
    crates.tamper("some_crate", "1.0.0", Buffer.from("other"));
    assert.deepEqual(await failureOf(crate("1.0.0")), [502, "DIGEST_MISMATCH"]);
    for (const version of ["9.0.0", "1.0", "1.0.0+build", "latest"])
      assert.deepEqual(await failureOf(crate(version)), [404, "NOT_FOUND"], version);
  });

  describe("with files elsewhere", () => {
    let files: FixtureCrates;
    beforeEach(async () => {
      files = await startCrates([SOME]);
    });
    afterEach(() => files.close());

    const from = (origins: FileOrigins | undefined) => ({
      ...(origins && { fileOrigins: new Map([["cargo", origins] as const]) }),
    });

    for (const [what, origins, status] of [
      ["nobody named", undefined, 502],
      ["the operator named", "named", 200],
      ["the public could not have", "public", 502],
    ] as const) {
      const allowed = () => (origins === "named" ? [files.url.origin] : origins);

      it(`fetches ${status === 200 ? "" : "nothing "}from a \`dl\` that ${what}`, async () => {
        await start({ config: { dl: new URL("dl", files.url).href } });
        await enforce({}, from(allowed()));
        assert.equal(await statusOf(crate("1.0.0")), status);
        assert.equal(files.requests.length, status === 200 ? 1 : 0);
        assert.deepEqual((await lines()).length, 3);
      });

      it(`${status === 200 ? "follows" : "does not follow"} a redirect to where ${what}`, async () => {
        await start();
        const location = new URL("dl/some_crate/1.0.0/download", files.url).href;
        crates.answer(crates.pathOf("some_crate", "1.0.0"), (_request, response) =>
          response.writeHead(302, { location }).end(),
        );
        await enforce({}, from(allowed()));
        assert.equal(await statusOf(crate("1.0.0")), status);
        assert.equal(files.requests.length, status === 200 ? 1 : 0);
      });
    }

    it("checks those bytes as well", async () => {
      files.tamper("some_crate", "1.0.0", Buffer.from("other"));
      await start({ config: { dl: new URL("dl", files.url).href } });
      await enforce({}, from([files.url.origin]));
      assert.deepEqual(await failureOf(crate("1.0.0")), [502, "DIGEST_MISMATCH"]);
    });

    it("serves the entry, and no file, by a `dl` that is no address", async () => {
      await start({ config: { dl: "javascript:{crate}" } });
      await enforce({});
      assert.deepEqual([(await lines()).length, ...(await failureOf(crate("1.0.0")))], [3, 502, "UPSTREAM_MALFORMED"]);
    });
  });

  it("follows a redirect within the registry", async () => {
    await start();
    const bytes = Buffer.from(buildCrates(SOME)[0]?.bytes ?? []);
    crates.answer("/moved", (_request, response) => response.end(bytes));
    crates.answer(crates.pathOf("some_crate", "1.0.0"), (_request, response) =>
      response.writeHead(302, { location: "/moved" }).end(),
    );
    await enforce({});
    assert.equal(await statusOf(crate("1.0.0")), 200);
  });

  it("serves what it had while the upstream is away, and fails for what it had not", async () => {
    await start();
    await enforce({});
    assert.equal((await lines()).length, 3);
    assert.equal(await statusOf(crate("1.0.0")), 200);
    for (const path of [
      "/index/so/me/some_crate",
      "/index/in/fl/inflector",
      "/index/config.json",
      "/dl/some_crate/1.1.0/download",
    ])
      crates.answer(path, (_request, response) => response.writeHead(503).end());
    clock = new Date(NOW.getTime() + 60 * 60_000);
    await folder.sign({ revision: 2, records: [malware("some_crate", ["1.1.0"])] });
    await proxy.lifecycle.poll();
    assert.deepEqual(await yanked(), ["1.1.0", "2.0.0"]);
    assert.deepEqual([await statusOf(crate("1.0.0")), await statusOf(crate("1.1.0"))], [200, 403]);
    assert.deepEqual(await failureOf("/in/fl/inflector"), [502, "UPSTREAM_STATUS"]);
  });

  it("allows a denied release by an approval of its checksum, and drafts it", async () => {
    await start();
    const sha256 = buildCrates(SOME)[1]?.sha256 ?? "";
    const approve = (digest: string, revision: number) =>
      folder.sign({
        revision,
        source: {
          ...sourceOf("release.version == '1.1.0'"),
          approvals: [
            {
              path: "approvals/cargo/one.yaml",
              text: JSON.stringify({
                apiVersion: "cordon/v1",
                kind: "Approval",
                spec: {
                  purl: "pkg:cargo/some_crate@1.1.0",
                  digests: [`sha256:${digest}`],
                  reason: "needed",
                  requestedBy: "dev",
                  approvedBy: "security",
                  created: "2026-11-22T00:00:00Z",
                  expires: "2026-12-22T00:00:00Z",
                },
              }),
            },
          ],
        },
      });
    await enforce({ source: sourceOf("release.version == '1.1.0'") });
    await approve("0".repeat(64), 2);
    await proxy.lifecycle.poll();
    assert.deepEqual([await statusOf(crate("1.1.0")), await yanked()], [403, ["1.1.0", "2.0.0"]]);
    const why = await fetch(`${proxy.publicUrl}/-/why/pkg:cargo/some_crate@1.1.0`);
    const { approval, remediation } = (await why.json()) as {
      approval: { path: string; text: string };
      remediation: { alternatives: string[] };
    };
    assert.equal(approval.path, "approvals/cargo/some_crate@1.1.0.yaml");
    assert.ok(approval.text.includes(`sha256:${sha256}`));
    assert.deepEqual(remediation.alternatives, ["1.0.0"], "2.0.0 is yanked");
    await approve(sha256, 3);
    await proxy.lifecycle.poll();
    assert.deepEqual([await statusOf(crate("1.1.0")), await yanked()], [200, ["2.0.0"]]);
  });

  it("explains every denied release of a crate", async () => {
    await start();
    await enforce({ records: [malware("some_crate", ["0.9.0", "1.1.0"])] });
    const why = await fetch(`${proxy.publicUrl}/-/why/pkg:cargo/some_crate`);
    const { denied } = (await why.json()) as { denied: { purl: string }[] };
    assert.deepEqual(
      denied.map(({ purl }) => purl),
      ["pkg:cargo/some_crate@1.1.0", "pkg:cargo/some_crate@0.9.0"],
    );
    assert.equal((await fetch(`${proxy.publicUrl}/-/why/pkg:cargo/some_crate@1.0.0`)).status, 200);
    assert.equal((await fetch(`${proxy.publicUrl}/-/why/pkg:cargo/some_crate@9.0.0`)).status, 404);
  });

  describe("facts for rules", () => {
    const FACTS: readonly [condition: string, denied: readonly string[]][] = [
      ["release.?license.orValue('') != 'MIT'", ["1.1.0", "1.2.0"]],
      ["release.?repository.orValue('') == 'https://source.example/x'", ["1.2.0"]],
      ["release.?rustVersion.orValue('') == '1.70'", ["1.0.0"]],
      ["release.yanked", ["1.3.0"]],
      ["release.crate.buildScript", ["1.1.0", "1.4.0"]],
      ["release.crate.procMacro", ["1.2.0", "1.4.0"]],
      ["!release.crate.readable", ["1.4.0"]],
    ];
    const crateOf: FixtureCrate = {
      name: "told",
      versions: [
        { version: "1.0.0", rustVersion: "1.70" },
        { version: "1.1.0", license: null, build: "fn main() {}" },
        { version: "1.2.0", license: "GPL-3.0-only", repository: "https://source.example/x", procMacro: true },
        { version: "1.3.0", yanked: true },
        { version: "1.4.0", files: { "Cargo.toml": "[package" }, license: null },
      ],
    };
    for (const [condition, denied] of FACTS)
      it(`are there where a rule asks: ${condition}`, async () => {
        await start({}, [crateOf]);
        await enforce({ source: sourceOf(condition) });
        const statuses = await Promise.all(crateOf.versions.map(({ version }) => statusOf(crate(version, "told"))));
        const refused = crateOf.versions.filter((_version, at) => statuses[at] === 403).map(({ version }) => version);
        // What cannot be read says no licence either.
        const expected = condition.includes("license") ? [...denied, "1.4.0"] : denied;
        assert.deepEqual(refused, expected);
        const marked = [...new Set([...expected, "1.3.0"])].sort();
        assert.deepEqual(await yanked("told"), marked);
      });
  });

  it("asks an own registry for its names in every spelling that cargo tries, with its token", async () => {
    await using own = disposable(
      await startCrates([{ name: "Acme_Ui", versions: [{ version: "1.0.0" }] }], { token: "secret" }),
    );
    await start({}, [SOME, { name: "acme-ui", versions: [{ version: "99.0.0" }] }]);
    await enforce(
      {},
      {
        privateRegistries: [
          {
            ecosystem: "cargo",
            packages: ["acme-*", "internal_tool"],
            registry: new URL("index/", own.url),
            token: "secret",
          },
        ],
      },
    );
    assert.deepEqual(
      (await lines("acme_ui")).map(({ vers }) => vers),
      ["1.0.0"],
    );
    assert.equal(await statusOf(crate("1.0.0", "Acme_Ui")), 200);
    for (const name of ["acme-ui", "internal-tool", "internal_tool"])
      assert.equal(await statusOf(`/${indexPath(name)}`), 404, name);
    assert.deepEqual(crates.requests, []);
  });

  it("answers what it does not do as cargo shows it", async () => {
    await start();
    await enforce({});
    for (const [method, path, status] of [
      ["PUT", "/api/v1/crates/new", 405],
      ["DELETE", "/api/v1/crates/some_crate/1.0.0/yank", 405],
      ["GET", "/api/v1/me", 404],
      ["GET", "/info/refs?service=git-upload-pack", 404],
      ["GET", "/", 404],
      ["GET", "/so%2fme/some_crate", 404],
    ] as const) {
      const answer = await fetch(`${base}${path}`, { method });
      assert.equal(answer.status, status, path);
      const { errors, error } = (await answer.json()) as { errors: { detail: string }[]; error: string };
      assert.match(errors[0]?.detail ?? "", /^cordon: /);
      assert.equal(errors[0]?.detail, error);
    }
    assert.deepEqual(crates.requests, []);
  });

  it("refuses everything without a bundle", async () => {
    await start();
    const upstreams = new Map([["cargo", new URL("index/", crates.url)] as const]);
    proxy = await startTestProxy(folder, crates, { upstreams });
    base = `${proxy.publicUrl}/cargo`;
    assert.deepEqual([await statusOf(`/${indexPath("some_crate")}`), await statusOf(crate("1.0.0"))], [503, 503]);
    assert.deepEqual(crates.requests, []);
  });
});
