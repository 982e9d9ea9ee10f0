import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  checkFacts,
  documentsOf,
  EVERY_SOURCE,
  FACT_DECLARATIONS,
  FACT_FIELDS,
  type FactSource,
  factSource,
  toCelFacts,
} from "../../../core/policy/facts.ts";
import schema from "../../../schemas/facts.schema.json" with { type: "json" };
import type { Facts } from "../../../schemas/types/facts.ts";

type Fields = Record<string, unknown>;

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly "x-source"?: string;
}

/** Every property of the schema at every depth, with the source that it has or inherits. */
function propertiesOf(node: Node, path = "", inherited?: string): [path: string, property: Node, source: unknown][] {
  const below = Object.entries(node.properties ?? {}).flatMap(([key, property]): ReturnType<typeof propertiesOf> => {
    const name = path === "" ? key : `${path}.${key}`;
    const source = property["x-source"] ?? inherited;
    return [[name, property, source], ...propertiesOf(property, name, source)];
  });
  return [...below, ...(node.items ? propertiesOf(node.items, `${path}[]`, inherited) : [])];
}

const FULL: Facts = {
  client: { name: "ann", groups: ["dev"], claims: { repository: "acme/app" } },
  pkg: {
    ecosystem: "npm",
    name: "@acme/ui",
    scope: "@acme",
    purl: "pkg:npm/%40acme/ui",
    releaseCount: 3,
    firstPublished: "2020-01-01T00:00:00Z",
    maintainers: ["ann", "bob"],
    repository: "https://git.example/acme/ui",
  },
  release: {
    version: "1.0.0",
    purl: "pkg:npm/%40acme/ui@1.0.0",
    prerelease: false,
    published: "2026-11-22T12:00:00.5Z",
    yanked: false,
    size: 9007199254740991,
    digests: { sha1: "a".repeat(40), sha512: "b".repeat(128) },
    installScripts: [{ name: "install", text: "node x.js" }],
    installScriptsChange: "new",
    provenance: { present: true, lost: false },
  },
  advisories: [
    { id: "MAL-1", aliases: ["GHSA-1"], kind: "malicious", affected: [], fixed: [], source: "local", score: 9.8 },
    {
      id: "MAL-2",
      aliases: [],
      kind: "malicious",
      affected: [],
      fixed: [],
      source: "local",
      published: "2026-01-01T00:00:00Z",
    },
  ],
};

describe("facts.schema.json", () => {
  const properties = propertiesOf(schema as Node);

  it("has properties at every depth", () => {
    const paths = properties.map(([path]) => path);
    for (const path of [
      "pkg",
      "release.published",
      "release.installScripts[].name",
      "release.provenance.lost",
      "advisories[].score",
    ])
      assert.ok(paths.includes(path), path);
  });

  for (const [path, { description }, source] of properties) {
    it(`describes ${path}, and says which document tells it`, () => {
      assert.match(description ?? "", /^\S.{3,}\.$/s);
      // The records themselves come from both documents; their fields say from which.
      if (path === "pkg" || path === "release") assert.equal(source, undefined);
      else assert.ok(EVERY_SOURCE.has(source as FactSource), String(source));
    });
  }
});

describe("factSource()", () => {
  const SOURCES: readonly [read: string, source: string | undefined][] = [
    ["pkg.name", "identity"],
    ["pkg.releaseCount", "listing"],
    ["release.purl", "identity"],
    ["release.published", "time"],
    ["release.provenance", "listing"],
    ["release.attestation", "attestations"],
    ["release.signature", "keys"],
    ["release.file", "file"],
    ["pkg.alsoPublic", "public"],
    ["advisories", "identity"],
    ["advisories.kind", "identity"],
    ["pkg", "listing"],
    ["release", "listing"],
    ["release.noSuchFact", "listing"],
    ["now", undefined],
    ["lists.allowed", undefined],
    ["params", undefined],
    ["constructor", undefined],
  ];
  for (const [read, source] of SOURCES)
    it(`of ${read} is ${source ?? "no document"}`, () => assert.equal(factSource(read), source));
});

describe("documentsOf()", () => {
  it("are the listing and the file for what listings say of install scripts", () => {
    for (const read of ["release.installScripts", "release.installScriptsChange", "release.installScriptsSince"])
      assert.deepEqual(documentsOf(read), ["listing", "file"]);
  });

  it("are all there may be for a record that is used whole: it may be read under another name", () => {
    assert.deepEqual(documentsOf("release").sort(), [
      "attestations",
      "file",
      "identity",
      "keys",
      "listing",
      "manifest",
      "time",
    ]);
    assert.deepEqual(documentsOf("pkg").sort(), ["identity", "listing", "public"]);
  });

  it("are none for what is no fact", () => {
    for (const read of ["now", "lists.x", "params", "constructor"]) assert.deepEqual(documentsOf(read), []);
  });
});

describe("FACT_DECLARATIONS", () => {
  it("declares the roots, and every record with the types of its fields", () => {
    assert.deepEqual(FACT_DECLARATIONS.variables, {
      pkg: "Package",
      release: "Release",
      advisories: "list<Advisory>",
      client: "Client",
    });
    const fields = new Map((FACT_DECLARATIONS.records ?? []).map((record) => [record.name, record.fields]));
    assert.deepEqual([...fields.keys()].sort(), [
      "Advisory",
      "Attestation",
      "Client",
      "Crate",
      "Difference",
      "Download",
      "File",
      "Module",
      "Origin",
      "Package",
      "Provenance",
      "Release",
      "Script",
      "Signature",
      "SourceBuild",
    ]);
    assert.deepEqual(fields.get("Script"), { name: "string", text: "string" });
    const lostSince = "google.protobuf.Timestamp";
    assert.deepEqual(fields.get("Provenance"), { present: "bool", lost: "bool", lostFrom: "string", lostSince });
    const { published, size, digests, installScripts, provenance, installScriptsChange } = fields.get("Release") ?? {};
    assert.deepEqual(
      [published, size, digests, installScripts, provenance, installScriptsChange],
      ["google.protobuf.Timestamp", "int", "map<string, string>", "list<Script>", "Provenance", "string"],
    );
    assert.equal(fields.get("Advisory")?.["score"], "double");
  });

  it("names every field once, for suggestions", () => {
    assert.equal(new Set(FACT_FIELDS).size, FACT_FIELDS.length);
    for (const field of ["published", "ecosystem", "kind", "lost", "text"])
      assert.ok(FACT_FIELDS.includes(field), field);
  });
});

describe("toCelFacts()", () => {
  const factsOf = (facts: Facts) => toCelFacts(facts) as { pkg: Fields; release: Fields; advisories: Fields[] };

  it("converts times, whole numbers, maps and records to what CEL reckons with", () => {
    const { pkg, release, advisories } = factsOf(FULL);
    assert.deepEqual(release["published"], new Date("2026-11-22T12:00:00.500Z"));
    assert.equal(release["size"], 9007199254740991n);
    assert.equal(pkg["releaseCount"], 3n);
    assert.deepEqual(pkg["maintainers"], ["ann", "bob"]);
    assert.deepEqual(release["digests"], new Map(Object.entries(FULL.release.digests ?? {})));
    assert.equal((release["installScripts"] as Fields[])[0]?.["text"], "node x.js");
    assert.equal((release["provenance"] as Fields)["lost"], false);
    assert.equal(release["installScriptsChange"], "new");
    assert.deepEqual(
      advisories.map((advisory) => [advisory["id"], advisory["score"], advisory["published"]]),
      [
        ["MAL-1", 9.8, undefined],
        ["MAL-2", undefined, new Date("2026-01-01T00:00:00Z")],
      ],
    );
  });

  it("keeps a fact that is absent absent", () => {
    const { pkg, release } = factsOf({
      pkg: { ecosystem: "npm", name: "x", purl: "pkg:npm/x" },
      release: { version: "1.0.0", purl: "pkg:npm/x@1.0.0" },
      advisories: [],
      client: { groups: [], claims: {} },
    });
    for (const key of ["scope", "releaseCount", "firstPublished", "maintainers"])
      assert.equal(pkg[key], undefined, key);
    for (const key of ["published", "size", "digests", "installScripts", "provenance", "prerelease"])
      assert.equal(release[key], undefined, key);
  });

  it("does not take what an object inherits for a fact", () => {
    const inherited = Object.assign(Object.create({ published: "2020-01-01T00:00:00Z" }), {
      version: "1.0.0",
      purl: "pkg:npm/x@1.0.0",
    });
    assert.equal(factsOf({ ...FULL, release: inherited }).release["published"], undefined);
  });

  it("knows no field that the schema does not have", () => {
    const release = { ...FULL.release, secret: "x" };
    assert.equal(factsOf({ ...FULL, release }).release["secret"], undefined);
  });

  it("converts a field when it is first read, and once", () => {
    const reads: string[] = [];
    const release = new Proxy(FULL.release, {
      get(target, key, receiver) {
        reads.push(String(key));
        return Reflect.get(target, key, receiver);
      },
    });
    const facts = factsOf({ ...FULL, release }).release;
    assert.deepEqual(reads, []);
    const first = facts["installScripts"];
    assert.equal(facts["installScripts"], first);
    assert.equal(facts["deprecated"], undefined);
    assert.equal(facts["published"], facts["published"]);
    assert.deepEqual(reads, ["installScripts", "published"]);
  });

  it("keeps the values of two releases apart", () => {
    const other = { ...FULL, release: { ...FULL.release, version: "2.0.0" } };
    const [one, two] = [factsOf(FULL).release, factsOf(other).release];
    assert.deepEqual([one["version"], two["version"], one["version"]], ["1.0.0", "2.0.0", "1.0.0"]);
  });
});

describe("checkFacts()", () => {
  it("accepts facts as an adapter gives them, and tells the place of what is none", () => {
    assert.deepEqual(checkFacts(FULL), []);
    const [issue] = checkFacts({ ...FULL, release: { ...FULL.release, size: "big" } });
    assert.deepEqual(issue, { path: ["release", "size"], message: "must be integer" });
  });
});
