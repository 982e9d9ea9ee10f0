/** Documents in which two readers might see two things: what is served is what was judged, and files come from nowhere else. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { packument, tarball } from "../support/packument.ts";
import { policyFile } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const NO_SCRIPTS = policyFile(
  "no-scripts",
  `  rules: [{ name: scripts, condition: "release.installScripts.size() > 0", verdict: block, message: It has install scripts. }]`,
);

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly scripts?: Record<string, string>;
  readonly deprecated?: string;
  readonly dist: Record<string, string>;
}

interface Served {
  readonly name: string;
  readonly versions: Record<string, Manifest>;
  readonly "dist-tags": Record<string, string>;
  readonly time: Record<string, string>;
}

describe("a document in which two readers might see two things", () => {
  let registry: FixtureRegistry;
  let trap: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let count = 0;

  before(async () => {
    [registry, trap] = await Promise.all([startRegistry(), startRegistry()]);
    folder = makeBundleFolder();
    await folder.sign({ source: { policies: [NO_SCRIPTS] } });
    proxy = await startTestProxy(folder, registry);
  });

  after(async () => {
    await proxy.close();
    await Promise.all([registry.close(), trap.close()]);
    folder.remove();
  });

  /** Offers a package whose document's text is changed; `EVIL` in it stands for a manifest with install scripts. */
  async function offer(change: (text: string, name: string) => string): Promise<{ name: string; served: Served }> {
    const name = `odd-${++count}`;
    registry.put({ name, releases: [{ version: "1.0.0" }] });
    const text = JSON.stringify(packument({ name, releases: [{ version: "1.0.0" }] }, registry.url.origin));
    registry.answer(`/${name}`, (_request, response) => response.end(change(text, name)));
    const answer = await fetch(`${proxy.npm}/${name}`);
    assert.equal(answer.status, 200);
    return { name, served: (await answer.json()) as Served };
  }

  const manifestOf = (name: string, extra: object, version = "1.0.0"): string => {
    const document = packument({ name, releases: [{ version }] }, registry.url.origin) as unknown as Served;
    return JSON.stringify({ ...document.versions[version], ...extra });
  };
  const EVIL = { scripts: { postinstall: "node evil.js" } };
  const insert = (text: string, before: string, what: string): string => {
    assert.ok(text.includes(before), before);
    return text.replace(before, () => `${what}${before}`);
  };

  /** The listing, the file and the explanation must say the same, whichever of two keys counts. */
  async function assertAgrees(name: string, served: Served): Promise<"allowed" | "denied" | "absent"> {
    const manifest = served.versions["1.0.0"];
    const { status } = await fetch(`${proxy.npm}/${name}/-/${name}-1.0.0.tgz`);
    if (!manifest) {
      assert.equal(status, 404);
      return "absent";
    }
    assert.equal(manifest.version, "1.0.0");
    const isDenied = manifest.deprecated?.startsWith("cordon: blocked") === true;
    assert.equal(status, isDenied ? 403 : 200);
    // What npm would run is what the rules were told.
    assert.equal(manifest.scripts?.["postinstall"] !== undefined, isDenied);
    const why = (await (await fetch(`${proxy.publicUrl}/-/why/pkg:npm/${name}@1.0.0`)).json()) as { decision: string };
    assert.equal(why.decision, isDenied ? "block" : "allow");
    return isDenied ? "denied" : "allowed";
  }

  const TWICE: readonly [
    name: string,
    expected: "allowed" | "denied" | "absent",
    change: (text: string, name: string) => string,
  ][] = [
    [
      "`versions`, the harmless one last",
      "allowed",
      (text, name) => insert(text, '"versions":', `"versions":{"1.0.0":${manifestOf(name, EVIL)}},`),
    ],
    [
      "`versions`, the harmful one last",
      "denied",
      (text, name) => insert(text, '"time":', `"versions":{"1.0.0":${manifestOf(name, EVIL)}},`),
    ],
    ["`versions`, the empty one last", "absent", (text) => insert(text, '"time":', '"versions":{},')],
    [
      "a version, the harmful one first",
      "allowed",
      (text, name) => insert(text, '"1.0.0":{', `"1.0.0":${manifestOf(name, EVIL)},`),
    ],
    [
      "a version, the harmful one last and its key written in another way",
      "denied",
      (text, name) => insert(text, '},"time":', `,"\\u0031.0.0":${manifestOf(name, EVIL)}`),
    ],
    [
      "`scripts`, the harmful one last",
      "denied",
      (text) => insert(text, '"license":', '"scripts":{},"scripts":{"postinstall":"x"},'),
    ],
    [
      "`scripts`, the harmless one last",
      "allowed",
      (text) => insert(text, '"license":', '"scripts":{"postinstall":"x"},"scripts":{},'),
    ],
    ["a script", "denied", (text) => insert(text, '"license":', '"scripts":{"postinstall":"","postinstall":"x"},')],
    [
      "`dist`, the first without digests",
      "allowed",
      (text) => insert(text, '"dist":', '"dist":{"tarball":"http://127.0.0.2:9/x.tgz"},'),
    ],
    ["`name`, the other one first", "allowed", (text) => `{"name":"other",${text.slice(1)}`],
    [
      "a manifest's `version`, the other one first",
      "allowed",
      (text) => insert(text, '"license":', '"version":"9.9.9","version":"1.0.0",'),
    ],
    [
      "a manifest's `version`, the other one last",
      "absent",
      (text) => insert(text, '"license":', '"version":"9.9.9",'),
    ],
    ["a manifest's `name`, the other one last", "absent", (text) => insert(text, '"license":', '"name":"other",')],
  ];
  describe("because a key stands twice is served as it was judged", () => {
    for (const [name, expected, change] of TWICE) {
      it(name, async () => {
        const offered = await offer(change);
        assert.equal(await assertAgrees(offered.name, offered.served), expected);
      });
    }
  });

  it("because a digest stands twice has its file checked by the one that is served", async () => {
    const { name, served } = await offer((text) =>
      text.replace('"shasum":', () => `"integrity":"sha512-${Buffer.alloc(64).toString("base64")}","shasum":`),
    );
    const bytes = Buffer.from(await (await fetch(`${proxy.npm}/${name}/-/${name}-1.0.0.tgz`)).arrayBuffer());
    assert.equal(
      served.versions["1.0.0"]?.dist["integrity"],
      `sha512-${createHash("sha512").update(bytes).digest("base64")}`,
    );
  });

  const PROTOTYPES = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "toJSON"];
  for (const key of PROTOTYPES) {
    it(`because ${key} is a version, a tag, a time, a dependency and a field of dist is read like any other`, async () => {
      const { name, served } = await offer((text, name) =>
        [
          ['"1.0.0":{', `"${key}":${manifestOf(name, EVIL, "1.0.0")},`],
          ['"latest":', `"${key}":"1.0.0",`],
          ['"created":', `"${key}":"2020-01-01T00:00:00Z",`],
          ['"license":', `"dependencies":{"${key}":"^1.0.0"},"${key}":{"scripts":{"install":"x"}},`],
          ['"tarball":', `"${key}":{"integrity":"sha512-x","tarball":"http://127.0.0.2:9/"},`],
        ].reduce((changed, [before = "", what = ""]) => insert(changed, before, what), text),
      );
      assert.deepEqual(Object.keys(served.versions), ["1.0.0"]);
      assert.deepEqual(
        Object.entries(served["dist-tags"]).sort(),
        [
          [key, "1.0.0"],
          ["latest", "1.0.0"],
        ].sort(),
      );
      assert.equal(await assertAgrees(name, served), "allowed");
      assert.equal((await fetch(`${proxy.npm}/${name}/${key}`)).status, /^_/.test(key) ? 404 : 200);
      assert.equal((await fetch(`${proxy.npm}/${name}/-/${name}-${key}.tgz`)).status, 404);
      assert.equal(({} as Record<string, unknown>)["scripts"], undefined);
    });
  }

  for (const name of ["constructor", "toString", "hasOwnProperty", "valueOf"]) {
    it(`because it is called ${name} is found, and is 404 before there is one`, async () => {
      assert.equal((await fetch(`${proxy.npm}/${name}`)).status, 404);
      registry.put({ name, releases: [{ version: "1.0.0" }] });
      assert.equal((await fetch(`${proxy.npm}/${name}/-/${name}-1.0.0.tgz`)).status, 200);
    });
  }

  const PLACES: readonly [name: string, tarball: (own: URL, trap: URL, file: string) => string, told: RegExp][] = [
    [
      "another port",
      (_own, { port }) => `http://127.0.0.1:${port}/x.tgz`,
      /another origin \(http:\/\/127\.0\.0\.1:\d+\)/,
    ],
    ["this machine by name", (_own, { port }) => `http://localhost:${port}/x.tgz`, /another origin/],
    ["a cloud's metadata", () => "http://169.254.169.254/latest", /another origin \(http:\/\/169\.254\.169\.254\)/],
    ["a host behind credentials", ({ host }, { port }) => `http://${host}@127.0.0.1:${port}/x`, /another origin/],
    ["a host of other letters", ({ port }) => `http://127.0.0.1。evil.example:${port}/x`, /another origin/],
    ["port 0", () => "http://127.0.0.1:0/x.tgz", /another origin/],
    ["another protocol", ({ host }) => `https://${host}/x.tgz`, /another origin \(https:/],
    ["a script", () => "javascript:alert(1)", /another origin \(javascript:\)/],
    ["data", () => "data:application/octet-stream,x", /another origin \(data:\)/],
    ["a file", () => "file:///etc/passwd", /another origin \(file:\)/],
    ["a host without end", () => `http://${"a".repeat(100_000)}/`, /another origin \(http:\/\/a{100,200}…\)/],
  ];
  describe("because it says that its file lies elsewhere is answered without asking there:", () => {
    for (const [name, place, told] of PLACES) {
      it(name, async () => {
        const { name: pkg, served } = await offer((text, pkg) => withTarball(text, place(registry.url, trap.url, pkg)));
        assert.equal(served.versions["1.0.0"]?.dist["tarball"], `${proxy.npm}/${pkg}/-/${pkg}-1.0.0.tgz`);
        const answer = await fetch(`${proxy.npm}/${pkg}/-/${pkg}-1.0.0.tgz`);
        const { error } = (await answer.json()) as { error: string };
        assert.equal(answer.status, 502);
        assert.match(error, told);
        assert.ok(error.length < 500, String(error.length));
        assert.deepEqual(trap.requests, []);
      });
    }
  });

  const OWN_PLACES: readonly [name: string, tarball: (url: URL, file: string) => string][] = [
    ["with credentials", ({ host }, file) => `http://user:secret@${host}${file}`],
    ["with a query", ({ origin }, file) => `${origin}${file}?token=x`],
    ["with a fragment", ({ origin }, file) => `${origin}${file}#x`],
    ["with dots", ({ origin }, file) => `${origin}/a/..${file}`],
    ["with spaces around it", ({ origin }, file) => ` ${origin}${file} `],
  ];
  describe("because it writes its own place oddly has its file fetched there, without what was hidden in it:", () => {
    for (const [name, place] of OWN_PLACES) {
      it(name, async () => {
        const bytes = (pkg: string) => tarball(pkg, { version: "1.0.0" });
        const { name: pkg } = await offer((text, pkg) => {
          const file = `/${pkg}/-/${pkg}-1.0.0.tgz`;
          for (const path of [file, `${file}?token=x`])
            registry.answer(path, (request, response) =>
              request.headers.authorization ? response.writeHead(400).end() : response.end(bytes(pkg)),
            );
          return withTarball(text, place(registry.url, file));
        });
        const answer = await fetch(`${proxy.npm}/${pkg}/-/${pkg}-1.0.0.tgz`);
        assert.equal(answer.status, 200);
        assert.deepEqual(Buffer.from(await answer.arrayBuffer()), Buffer.from(bytes(pkg)));
      });
    }
  });

  it("because it names another package's file is not served that file under its own digests", async () => {
    registry.put({ name: "victim", releases: [{ version: "1.0.0" }] });
    const { name } = await offer((text) => withTarball(text, `${registry.url}victim/-/victim-1.0.0.tgz`));
    assert.equal((await fetch(`${proxy.npm}/${name}/-/${name}-1.0.0.tgz`)).status, 502);
  });

  const zeros = (bytes: number) => Buffer.alloc(bytes).toString("base64");
  const DIGESTS: readonly [name: string, expected: "served" | "refused" | "absent", dist: (right: Buffer) => object][] =
    [
      ["none", "absent", () => ({})],
      ["an empty one", "absent", () => ({ integrity: "", shasum: "" })],
      ["one of an algorithm that nobody knows", "absent", () => ({ integrity: "md5-xxxx sha0-yyyy" })],
      ["one without a value", "absent", () => ({ integrity: "sha512-" })],
      ["one in hex", "absent", (right) => ({ integrity: `sha512-${hash("sha512", right, "hex")}` })],
      ["one of the wrong length", "absent", () => ({ integrity: `sha512-${zeros(32)}` })],
      [
        "one whose algorithm is in capitals",
        "absent",
        (right) => ({ integrity: `SHA512-${hash("sha512", right, "base64")}` }),
      ],
      ["sha1 alone", "served", (right) => ({ shasum: hash("sha1", right, "hex") })],
      ["sha1 in capitals", "served", (right) => ({ shasum: hash("sha1", right, "hex").toUpperCase() })],
      ["sha1 alone, of other bytes", "refused", () => ({ shasum: "0".repeat(40) })],
      [
        "a right strong one and a wrong weak one",
        "refused",
        (right) => ({ integrity: `sha512-${hash("sha512", right, "base64")}`, shasum: "0".repeat(40) }),
      ],
      [
        "a wrong one before the right one",
        "refused",
        (right) => ({ integrity: `sha512-${zeros(64)} sha512-${hash("sha512", right, "base64")}` }),
      ],
      [
        "the right one before a wrong one",
        "served",
        (right) => ({ integrity: `sha512-${hash("sha512", right, "base64")} sha512-${zeros(64)}` }),
      ],
      ["one with options", "served", (right) => ({ integrity: `sha512-${hash("sha512", right, "base64")}?x=y` })],
      [
        "all four",
        "served",
        (right) => ({
          integrity: ["sha1", "sha256", "sha384", "sha512"]
            .map((one) => `${one}-${hash(one, right, "base64")}`)
            .join(" "),
        }),
      ],
      [
        "the right one behind a hundred thousand others",
        "absent",
        (right) => ({ integrity: `${"x ".repeat(100_000)}sha512-${hash("sha512", right, "base64")}` }),
      ],
    ];
  describe("in what it says of the bytes", () => {
    for (const [name, expected, dist] of DIGESTS) {
      it(`has its file ${expected} with ${name}`, async () => {
        const { name: pkg } = await offer((_text, pkg) => {
          const given = {
            tarball: `${registry.url}${pkg}/-/${pkg}-1.0.0.tgz`,
            ...dist(Buffer.from(tarball(pkg, { version: "1.0.0" }))),
          };
          return JSON.stringify(packument({ name: pkg, releases: [{ version: "1.0.0", manifest: { dist: given } }] }));
        });
        const download = async () => {
          const answer = await fetch(`${proxy.npm}/${pkg}/-/${pkg}-1.0.0.tgz`);
          await answer.arrayBuffer();
          return answer.status;
        };
        assert.equal(await download(), { served: 200, refused: 502, absent: 404 }[expected]);
      });
    }
  });

  it("has surprised nobody", () => {
    const surprises = proxy.logged.filter(({ message }) => message === "unexpected failure");
    assert.deepEqual(surprises, []);
    assert.deepEqual(trap.requests, []);
  });
});

function withTarball(text: string, url: string): string {
  return text.replace(/"tarball":"[^"]*"/, () => `"tarball":${JSON.stringify(url)}`);
}

function hash(algorithm: string, bytes: Uint8Array, encoding: "hex" | "base64"): string {
  return createHash(algorithm).update(bytes).digest(encoding);
}
