import assert from "node:assert/strict";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openTrustedBundle } from "../../cli/trusted-bundle.ts";
import { compileFeed } from "../../core/advisories/feed.ts";
import { generateKeyPair } from "../../core/bundle/keys.ts";
import { BUNDLE_FILE } from "../../core/bundle/manifest.ts";
import { PROCESS_FILE } from "../../core/state.ts";
import type { Manifest } from "../../schemas/types/manifest.ts";
import { type CliRun, cordon, cordonWith, startCordon } from "../support/cli.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { type GitHub, startGitHub } from "../support/github.ts";
import { AGE_POLICY, approvalFile, listFile, MALWARE_POLICY, malwareRecord, policyFile } from "../support/policies.ts";
import { makeSigner, withPolicy, writeTo } from "../support/signed-bundles.ts";
import { ISSUER, type MockSigstore, startSigstore, WORKFLOW } from "../support/sigstore.ts";

interface Published {
  readonly outcome: string;
  readonly revision: number;
  readonly digest: string;
  readonly target: string;
  readonly url: string | null;
}

describe("a bundle on its way", () => {
  let folder: Folder;
  const at = (name: string): string => join(folder.path, name);
  const bundle = (...args: string[]): Promise<CliRun> => cordon("bundle", ...args);
  const errorOf = (run: CliRun) => (run.json() as { error: { code: string; message: string; next: string } }).error;

  /** Everything below a directory, with its bytes; nothing where there is none. */
  function contentsOf(dir: string): Record<string, string> {
    if (!existsSync(dir)) return {};
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
    return Object.fromEntries(paths.map((path) => [path.slice(dir.length + 1), readFileSync(path, "base64")]));
  }

  before(() => {
    folder = makeFolder();
  });
  after(() => folder.remove());

  describe("cordon bundle publish", () => {
    const keys = generateKeyPair();
    /** Makes libraries talk; git's would show the environment that it starts git with. */
    const talkative = { DEBUG: "*" };
    let sigstore: MockSigstore;
    let github: GitHub;
    let first: Record<"keyed" | "keyless" | "released" | "refused", CliRun>;
    let second: Record<"changed" | "noToken", CliRun>;
    let third: Record<"again" | "built" | "newEpoch", CliRun>;

    const whole = (out: string, to: string, ...args: string[]): string[] => [
      "bundle",
      "publish",
      at(out),
      "--from",
      at("repository"),
      "--to",
      to,
      ...args,
    ];
    const keyed = (trust = "cordon.pub") => ["--trust", at(trust), "--key", at("cordon.key")];

    before(async () => {
      [sigstore, github] = await Promise.all([startSigstore(), startGitHub({ immutable: true })]);
      folder.write(`repository/${MALWARE_POLICY.path}`, MALWARE_POLICY.text);
      folder.write("repository/advisories/MAL-2026-1.json", JSON.stringify(malwareRecord("evil", ["1.0.1"])));
      folder.write("cordon.key", keys.privateKey);
      folder.write("cordon.pub", keys.publicKey);
      folder.write("other.pub", generateKeyPair().publicKey);
      folder.write("trusted_root.json", JSON.stringify(sigstore.trustedRoot));
      folder.write(
        "trust.yaml",
        JSON.stringify({
          identities: [{ issuer: ISSUER, workflow: WORKFLOW }],
          sigstore: { trustedRoot: "trusted_root.json" },
        }),
      );
      const { url } = sigstore;
      const instance = ["--fulcio", url, "--rekor", url, "--tsa", url];
      const released = { GITHUB_API_URL: github.api, GITHUB_TOKEN: github.token };
      const [keyedRun, keyless, releasedRun, refused] = await Promise.all([
        cordonWith(talkative, ...whole("out", `dir:${at("published")}`, ...keyed(), "--json")),
        cordonWith(
          { ...talkative, ...sigstore.environment },
          ...whole("out-keyless", `dir:${at("keyless")}`, "--trust", at("trust.yaml"), ...instance),
        ),
        cordonWith(
          { ...talkative, ...released },
          ...whole("out-released", "github:acme/policies", ...keyed(), "--json"),
        ),
        cordon(...whole("out-refused", `dir:${at("refused")}`, ...keyed("other.pub"), "--json")),
      ]);
      first = { keyed: keyedRun, keyless, released: releasedRun, refused };
      cpSync(at("published"), at("first"), { recursive: true });

      folder.write(`repository/${AGE_POLICY.path}`, AGE_POLICY.text);
      const [changed, noToken] = await Promise.all([
        cordon(...whole("out", `dir:${at("published")}`, ...keyed())),
        bundle("publish", at("out"), "--to", "github:acme/policies", "--json"),
      ]);
      second = { changed, noToken };

      const previous = ["--previous", `dir:${at("published")}`, "--trust", at("cordon.pub"), "--json"];
      const [again, built, newEpoch] = await Promise.all([
        bundle("publish", at("out"), "--to", `dir:${at("published")}`),
        bundle("build", at("repository"), "--out", at("built"), ...previous),
        bundle("build", at("repository"), "--out", at("new-epoch"), ...previous, "--new-epoch"),
      ]);
      third = { again, built, newEpoch };
    });

    after(async () => {
      await Promise.all([sigstore.close(), github.close()]);
      assert.deepEqual(github.problems, []);
    });

    it("builds, signs, verifies and publishes in one step", async () => {
      assert.equal(first.keyed.code, 0, first.keyed.stderr);
      const { digest, ...rest } = first.keyed.json() as Published;
      const target = `dir:${at("published")}`;
      assert.deepEqual(rest, { outcome: "published", epoch: 0, revision: 1, target, url: null });
      assert.match(digest, /^sha256:[0-9a-f]{64}$/);
      const { verified } = await openTrustedBundle(`dir:${at("first")}`, at("cordon.pub"));
      assert.deepEqual([`sha256:${verified.digest}`, verified.manifest.previous], [digest, null]);
    });

    it("goes on from what is published, and sends what has changed", async () => {
      assert.equal(second.changed.code, 0, second.changed.stderr);
      assert.match(second.changed.stdout, /^Built revision 0\.2 in .*out, fresh until 20/);
      for (const line of [
        "  policy: sent",
        "  advisories.local: there already",
        `  ${BUNDLE_FILE}: sent`,
        `✓ dir:${at("published")} has revision 0.2 of channel stable`,
      ])
        assert.ok(second.changed.stdout.split("\n").includes(line), second.changed.stdout);
      const { verified } = await openTrustedBundle(`dir:${at("published")}`, at("cordon.pub"));
      assert.deepEqual(
        [verified.manifest.revision, `sha256:${verified.manifest.previous}`],
        [2, (first.keyed.json() as Published).digest],
      );
    });

    it("does nothing for what is published already, and says so", () => {
      assert.deepEqual(
        [third.again.code, third.again.stdout, third.again.stderr],
        [0, `✓ dir:${at("published")} has revision 0.2 of channel stable already\n`, ""],
      );
    });

    it("signs without a key where the CI vouches for the run", async () => {
      assert.equal(first.keyless.code, 0, first.keyless.stderr);
      assert.match(first.keyless.stdout, /has revision 0\.1 of channel stable\n$/);
      const { verified } = await openTrustedBundle(`dir:${at("keyless")}`, at("trust.yaml"));
      assert.equal(verified.signer, `identity:${WORKFLOW} (${ISSUER})`);
    });

    it("publishes a release", () => {
      assert.equal(first.released.code, 0, first.released.stderr);
      const { digest, ...rest } = first.released.json() as Published;
      assert.deepEqual(rest, {
        outcome: "published",
        epoch: 0,
        revision: 1,
        target: "github:acme/policies@stable",
        url: "https://github.invalid/acme/policies/releases/tag/bundle-stable-0.1",
      });
      const [release] = github.releases();
      assert.deepEqual([release?.tag_name, release?.draft], ["bundle-stable-0.1", false]);
      assert.ok(release?.body?.includes(digest));
    });

    it("publishes nothing that the trust policy refuses", () => {
      assert.equal(first.refused.code, 1);
      const { code, message } = errorOf(first.refused);
      assert.equal(code, "BUNDLE_SIGNATURE");
      assert.match(message, /a key that the trust policy does not name/);
      assert.ok(existsSync(at(`out-refused/${BUNDLE_FILE}`)), "it was signed");
      assert.deepEqual(contentsOf(at("refused")), {});
    });

    it("exits with 2, and sends nothing, where there is no token", () => {
      assert.deepEqual([second.noToken.code, errorOf(second.noToken).code], [2, "SOURCE_DENIED"]);
      assert.equal(github.releases().length, 1);
    });

    it("shows no key and no token, however much it is made to tell", () => {
      const keyLines = keys.privateKey.split("\n").filter((line) => line.length > 20 && !line.startsWith("-----"));
      assert.ok(keyLines.length > 0 && sigstore.tokens.length > 0);
      const secrets = [...keyLines, github.token, sigstore.requestToken, ...sigstore.tokens];
      for (const run of [first.keyed, first.keyless, first.released]) {
        assert.ok(run.stderr.length > 1000, "it was made to talk");
        for (const secret of secrets) assert.ok(!`${run.stdout}${run.stderr}`.includes(secret));
      }
    });

    it("build --previous counts on from what is published, and --new-epoch begins above it", () => {
      assert.deepEqual([third.built.code, third.newEpoch.code], [0, 0], third.built.stderr + third.newEpoch.stderr);
      const [next, anew] = [third.built.json() as Manifest, third.newEpoch.json() as Manifest];
      assert.deepEqual([next.epoch, next.revision, anew.epoch, anew.revision], [0, 3, 1, 1]);
      assert.match(next.previous ?? "", /^[0-9a-f]{64}$/);
      assert.equal(anew.previous, next.previous);
    });
  });

  describe("cordon bundle diff", () => {
    const signer = makeSigner();
    let runs: Record<"table" | "json" | "same" | "hostile" | "untrusted", CliRun>;

    before(async () => {
      const rule = (name: string, condition: string) =>
        `{ name: ${name}, condition: '${condition}', verdict: block, message: M. }`;
      const policy = (...rules: string[]) => policyFile("p", `  rules: [${rules.join(", ")}]`);
      const named = (name: string) => `pkg.name == "${name}"`;
      const before = await signer.sign({
        source: {
          policies: [MALWARE_POLICY, policy(rule("kept", named("a")), rule("mended", named("b")))],
          lists: [listFile("names", ["left-pad", "is-odd"])],
          approvals: [],
        },
        feeds: [
          compileFeed("local", [malwareRecord("gone", ["1.0.0"], "MAL-1"), malwareRecord("late", ["1.0.0"], "MAL-2")]),
        ],
      });
      const after = await signer.follow(before, {
        source: {
          policies: [AGE_POLICY, policy(rule("kept", named("a")), rule("mended", named("c")))],
          lists: [listFile("names", ["left-pad", "is-even"])],
          approvals: [approvalFile({ purl: "pkg:npm/late@1.0.0", digests: [`sha256:${"a".repeat(64)}`] })],
        },
        feeds: [
          compileFeed("local", [malwareRecord("late", ["2.0.0"], "MAL-2"), malwareRecord("new", ["1.0.0"], "MAL-3")]),
        ],
      });
      // Nobody has verified this one; its names are for terminals to act on.
      const hostile = await signer.follow(before, {
        source: {
          policies: [MALWARE_POLICY],
          lists: [listFile("names\u001b[2J", ["\u001b]0;owned\u0007"])],
          approvals: [],
        },
        commit: "\u001b[31mred",
      });
      for (const [name, signed] of Object.entries({ one: before, two: after, hostile })) writeTo(at(name), signed);
      folder.write("diff.pub", signer.publicKey);
      folder.write("nobody.pub", generateKeyPair().publicKey);
      const trust = ["--trust", at("diff.pub")];
      const [table, json, same, hostileRun, untrusted] = await Promise.all([
        bundle("diff", `dir:${at("one")}`, at("two")),
        bundle("diff", at("one"), at("two"), ...trust, "--json"),
        bundle("diff", at("one"), at("one"), ...trust),
        bundle("diff", at("one"), at("hostile")),
        bundle("diff", at("one"), at("two"), "--trust", at("nobody.pub"), "--json"),
      ]);
      runs = { table, json, same, hostile: hostileRun, untrusted };
    });

    it("shows what changes, and that nobody has verified it", () => {
      assert.deepEqual([runs.table.code, runs.table.stderr], [0, ""]);
      const [title = "", ...lines] = runs.table.stdout.trimEnd().split("\n");
      assert.match(
        title,
        /^revision 0\.1 \(20.*, commit unknown\) → revision 0\.2 \(20.*, commit unknown\) \(not verified\)$/,
      );
      assert.deepEqual(lines, [
        "",
        "+ policy release-age",
        "- policy known-malicious",
        "~ policy p",
        "  ~ rule mended",
        "~ list names",
        "  + entry is-even",
        "  - entry is-odd",
        "+ approval of pkg:npm/late@1.0.0 (approvals/npm/one.yaml)",
        "~ feed local: 1 added, 1 removed, 1 changed",
        "  + advisory npm/new MAL-3",
        "  - advisory npm/gone MAL-1",
        "  ~ advisory npm/late MAL-2",
      ]);
    });

    it("gives the same as JSON", () => {
      assert.equal(runs.json.code, 0, runs.json.stdout);
      const { before: one, after: two, ...diff } = runs.json.json() as Record<string, Record<string, unknown>>;
      assert.deepEqual(
        [one?.["revision"], two?.["revision"], two?.["source"]],
        [1, 2, { repository: null, commit: null }],
      );
      const none = { added: [], removed: [], changed: [] };
      assert.deepEqual(diff, {
        policies: {
          added: ["release-age"],
          removed: ["known-malicious"],
          changed: [{ name: "p", rules: { ...none, changed: ["mended"] }, settings: false }],
        },
        lists: { ...none, changed: [{ name: "names", added: ["is-even"], removed: ["is-odd"], changed: [] }] },
        approvals: { ...none, added: ["pkg:npm/late@1.0.0 (approvals/npm/one.yaml)"] },
        advisories: [
          {
            feed: "local",
            counts: { added: 1, removed: 1, changed: 1 },
            added: ["npm/new MAL-3"],
            removed: ["npm/gone MAL-1"],
            changed: ["npm/late MAL-2"],
          },
        ],
      });
    });

    it("says that two are the same", () => {
      assert.equal(runs.same.code, 0, runs.same.stderr);
      assert.match(runs.same.stdout, /^revision 0\.1 \([^)]*\) → revision 0\.1 \([^)]*\)\n\nThey say the same\.\n$/);
    });

    it("shows nothing that a terminal would act on", () => {
      assert.equal(runs.hostile.code, 0, runs.hostile.stderr);
      assert.match(runs.hostile.stdout, /\+ list lists\/names \[2J\.yaml\n/);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      assert.doesNotMatch(runs.hostile.stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    });

    it("exits with 1 for a bundle that is not trusted", () => {
      assert.deepEqual([runs.untrusted.code, errorOf(runs.untrusted).code], [1, "BUNDLE_SIGNATURE"]);
    });
  });

  describe("cordon bundle pull", () => {
    const signer = makeSigner();
    let mirrored: Record<"first" | "newer" | "older" | "untrusted", CliRun>;
    let afterFirst: Record<string, string>;
    let afterNewer: Record<string, string>;
    let polled: Record<"newer" | "refused" | "nobody", CliRun>;
    let byHand: { readonly revision: number | null; readonly stderr: string };
    let proxyCode: number | null;

    /** A proxy of its own process, once it listens. */
    async function startProxyOn(dir: string, state: string) {
      const child = startCordon([
        "proxy",
        ...["--bundle", `dir:${dir}`],
        ...["--trust", at("pull.pub")],
        ...["--state", state],
        ...["--listen", "127.0.0.1:0"],
        ...["--upstream", "npm=https://registry.example"],
      ]);
      let [stdout, stderr] = ["", ""];
      child.stderr.on("data", (chunk) => (stderr += chunk));
      const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
      await new Promise<void>((resolve, reject) => {
        child.stdout.on("data", (chunk) => {
          stdout += chunk;
          if (stdout.includes("Listening at")) resolve();
        });
        child.on("close", () => reject(new Error(`the proxy ended: ${stdout}${stderr}`)));
      });
      // Not the child's own kill(): Deno's takes any signal for the last.
      const signal = (name: NodeJS.Signals) => process.kill(child.pid ?? Number.NaN, name);
      return { signal, ended, stderr: () => stderr };
    }

    async function revisionInForce(state: string): Promise<number | null> {
      const { url } = JSON.parse(readFileSync(join(state, PROCESS_FILE), "utf8"));
      const answer = await fetch(`${url}/-/status`);
      const status = (await answer.json()) as { bundle: { revision: number | null } };
      return status.bundle.revision;
    }

    before(async () => {
      const first = await signer.sign(withPolicy("one"));
      const second = await signer.follow(first, withPolicy("two"));
      const third = await signer.follow(second, withPolicy("three"));
      const [one, two] = [writeTo(at("pull-one"), first), writeTo(at("pull-two"), second)];
      folder.write("pull.pub", signer.publicKey);
      folder.write("stranger.pub", generateKeyPair().publicKey);
      const trust = ["--trust", at("pull.pub"), "--out", at("mirror")];
      const stranger = ["--trust", at("stranger.pub"), "--out", at("mirror-of-a-stranger")];
      const watched = writeTo(at("watched"), first);

      const [proxy, firstRun, untrusted, nobody] = await Promise.all([
        startProxyOn(watched, at("state")),
        bundle("pull", `dir:${one}`, ...trust, "--json"),
        bundle("pull", one, ...stranger, "--json"),
        bundle("pull", "--state", at("nowhere"), "--json"),
      ]);
      afterFirst = contentsOf(at("mirror"));
      try {
        writeTo(watched, second);
        const [newer, polledNewer] = await Promise.all([
          bundle("pull", two, ...trust),
          bundle("pull", "--state", at("state"), "--json"),
        ]);
        afterNewer = contentsOf(at("mirror"));
        writeTo(watched, await makeSigner().follow(second));
        const [older, refused] = await Promise.all([
          bundle("pull", one, ...trust, "--json"),
          bundle("pull", "--state", at("state")),
        ]);
        mirrored = { first: firstRun, newer, older, untrusted };
        polled = { newer: polledNewer, refused, nobody };
        rmSync(watched, { recursive: true });
        writeTo(watched, third);
        proxy.signal("SIGHUP");
        let revision = await revisionInForce(at("state"));
        for (const deadline = Date.now() + 30_000; revision !== 3 && Date.now() < deadline; ) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          revision = await revisionInForce(at("state"));
        }
        byHand = { revision, stderr: proxy.stderr() };
      } finally {
        proxy.signal("SIGTERM");
        proxyCode = await proxy.ended;
      }
    });

    it("writes a mirror that a proxy can read", async () => {
      assert.equal(mirrored.first.code, 0, mirrored.first.stderr);
      const { revision, digest, signer: who } = mirrored.first.json() as Record<string, unknown>;
      assert.equal(revision, 1);
      assert.match(String(who), /^key:/);
      assert.equal(Object.keys(afterFirst).length, 3);
      assert.equal(mirrored.newer.code, 0, mirrored.newer.stderr);
      assert.match(mirrored.newer.stdout, /^ {2}policy: fetched\n {2}advisories\.local: there already\n/);
      assert.match(mirrored.newer.stdout, /✓ .*mirror has revision 0\.2 from dir:.*pull-two, signed by key:\S+\n$/);
      const { verified } = await openTrustedBundle(`dir:${at("mirror")}`, at("pull.pub"));
      assert.deepEqual([verified.manifest.revision, `sha256:${verified.manifest.previous}`], [2, digest]);
    });

    it("never replaces a newer bundle by an older one", () => {
      assert.deepEqual([mirrored.older.code, errorOf(mirrored.older).code], [1, "BUNDLE_ROLLBACK"]);
      assert.deepEqual(contentsOf(at("mirror")), afterNewer);
    });

    it("writes nothing of a bundle that is not trusted", () => {
      assert.deepEqual([mirrored.untrusted.code, errorOf(mirrored.untrusted).code], [1, "BUNDLE_SIGNATURE"]);
      assert.equal(existsSync(at("mirror-of-a-stranger")), false);
    });

    it("makes a running proxy look for a new bundle at once, and tells what is in force", () => {
      assert.equal(polled.newer.code, 0, polled.newer.stderr);
      const { url, ...rest } = polled.newer.json() as Record<string, unknown>;
      assert.match(String(url), /^http:\/\/127\.0\.0\.1:\d+$/);
      assert.deepEqual(rest, { state: "ok", epoch: 0, revision: 2, error: null });
    });

    it("exits with 1, and says why, where the proxy refuses what is offered", () => {
      assert.equal(polled.refused.code, 1);
      assert.match(
        polled.refused.stdout,
        /^✗ http:\S+: revision 0\.2 in force \(degraded\); the poll failed: .*a key that the trust policy does not name\n$/,
      );
    });

    it("exits with 2 where there is no proxy", () => {
      assert.deepEqual([polled.nobody.code, errorOf(polled.nobody).code], [2, "PROXY_MISSING"]);
      assert.match(errorOf(polled.nobody).next, /--state directory of a proxy that runs on this machine/);
    });

    it("is what SIGHUP does, which does not end the proxy", () => {
      assert.equal(byHand.revision, 3, byHand.stderr);
      assert.equal(proxyCode, 0);
    });
  });
});
