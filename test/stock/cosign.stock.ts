/**
 * That tools which know nothing of Cordon accept what it publishes, and refuse the rest, by the commands of
 * docs/VERIFYING.md. COSIGN names one cosign or several, joined by colons (install-cosign.sh prints it so);
 * SIGSTORE_PYTHON the `sigstore` command of the Python package.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { generateKeyPair } from "../../core/bundle/keys.ts";
import { BUNDLE_FILE, blobPath, PREDICATE_TYPE } from "../../core/bundle/manifest.ts";
import { keylessSigning, keySigning, signStatement } from "../../core/bundle/sign.ts";
import { writeBlobs, writeSignedBundle } from "../../core/bundle/write.ts";
import { makeBundle } from "../support/bundles.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { ISSUER, type MockSigstore, startSigstore, WORKFLOW } from "../support/sigstore.ts";

const DOCS = readFileSync(new URL("../../docs/VERIFYING.md", import.meta.url), "utf8");
const [KEYLESS = [], WITH_KEY = []] = [...DOCS.matchAll(/^```sh\n(cosign .*?)^```$/gms)].map(([, command = ""]) =>
  command.replaceAll("\\\n", " ").trim().split(/\s+/).slice(1),
);

/** What the document says to add. */
const TRUSTED_ROOT = ["--trusted-root", "trusted_root.json"];
const FOR_COSIGN_2 = "--new-bundle-format";

/** No tool may need more than its files: who asks the network here is refused by a port where nobody listens. */
const NOWHERE = "http://127.0.0.1:9";

const built = makeBundle();
const blobOf = new Map(built.statement.predicate.parts.map(({ name, gzip }) => [name, blobPath(gzip.sha256)]));
/** Every part as it is transported, and as it is. */
const FILES: readonly (readonly [what: string, file: string])[] = [...blobOf].flatMap(([name, blob]) => [
  [`${name}, compressed`, blob],
  [name, `parts/${name}`],
]);
const [[, FILE]] = FILES as readonly [readonly [string, string]];

let sigstore: MockSigstore;
/** Signed without a key, in Rekor v1 and v2, and with one. */
let keyless: Folder;
let inRekor2: Folder;
let withKey: Folder;

before(async () => {
  sigstore = await startSigstore();
  const { url } = sigstore;
  const provider = { getToken: async () => sigstore.token() };
  const signing = (rekorVersion: 1 | 2) =>
    keylessSigning({ fulcio: url, rekor: url, rekorVersion, tsa: url }, provider);
  const { publicKey, privateKey } = generateKeyPair();
  [keyless, inRekor2, withKey] = [
    await publish(signing(1)),
    await publish(signing(2)),
    await publish(keySigning(privateKey, "test")),
  ];
  withKey.write("cordon.pub", publicKey);
  withKey.write("other.pub", generateKeyPair().publicKey);
});

after(async () => {
  await sigstore?.close();
  for (const folder of [keyless, inRekor2, withKey]) folder?.remove();
});

async function publish(signing: Parameters<typeof signStatement>[1]): Promise<Folder> {
  const folder = makeFolder({ "trusted_root.json": JSON.stringify(sigstore.trustedRoot), "other.txt": "another file" });
  writeBlobs(folder.path, built.blobs);
  for (const [name, blob] of blobOf) folder.write(`parts/${name}`, gunzipSync(readFileSync(`${folder.path}/${blob}`)));
  writeSignedBundle(folder.path, await signStatement(Buffer.from(JSON.stringify(built.statement)), signing));
  return folder;
}

interface Outcome {
  readonly accepted: boolean;
  readonly said: string;
}

function run(command: string, args: readonly string[], { path }: Folder): Outcome {
  const { PATH = "" } = process.env;
  const env = { PATH, HOME: path, COLUMNS: "1000", HTTP_PROXY: NOWHERE, HTTPS_PROXY: NOWHERE };
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: path, env, encoding: "utf8" });
  if (error) throw error;
  return { accepted: status === 0, said: `${stdout}${stderr}` };
}

function isAccepted({ accepted, said }: Outcome): void {
  assert.ok(accepted, said);
}

function isRefused({ accepted, said }: Outcome, why: RegExp): void {
  assert.ok(!accepted, said);
  assert.match(said, why);
}

/** Puts words of ours in the place of the document's. */
function fill(command: readonly string[], file: string, changes: Readonly<Record<string, string>> = {}): string[] {
  const words = { "OWNER/REPO": "acme/policy", FILE: file, ...changes };
  return command.map((word) =>
    Object.entries(words).reduce((filled, [from, to]) => filled.replace(from, () => to), word),
  );
}

/** Of a bundle, what is tampered with here. */
interface Bundle {
  readonly verificationMaterial: { tlogEntries: { inclusionProof: object }[] };
  readonly dsseEnvelope: { payload: string; signatures: { sig: string }[] };
}

/** Writes a changed bundle beside the good one, and gives its name. */
function tamper(folder: Folder, name: string, change: (bundle: Bundle) => void): string {
  const bundle = JSON.parse(readFileSync(`${folder.path}/${BUNDLE_FILE}`, "utf8")) as Bundle;
  change(bundle);
  folder.write(name, JSON.stringify(bundle));
  return name;
}

const TAMPERED: readonly [what: string, change: (bundle: Bundle) => void][] = [
  [
    "its statement",
    ({ dsseEnvelope }) => {
      const statement = Buffer.from(dsseEnvelope.payload, "base64").toString().replace('"revision":1', '"revision":2');
      dsseEnvelope.payload = Buffer.from(statement).toString("base64");
    },
  ],
  [
    "its signature",
    ({ dsseEnvelope: { signatures } }) => {
      // A signature over something else, of the right form.
      for (const signature of signatures)
        signature.sig =
          "MEUCIANtAzv6Fm3LYu+MRvP/XVYp4o1D6ZBxQ/gJVbuGM+GDAiEA9ySpoclQkXTodhnWOoDp2CiIxReN7A6D9LyWRzdc2Bw=";
    },
  ],
];

const UNSIGNED = /could not verify envelope|failed to verify signature|log entry|transparency log/;

const cosigns = (process.env["COSIGN"] ?? "").split(":").filter((path) => path !== "");
const noCosign = cosigns.length === 0 && "COSIGN names none; `COSIGN=$(sh test/stock/install-cosign.sh DIR)`";

for (const cosign of noCosign ? ["cosign"] : cosigns) {
  describe(cosign, { skip: noCosign }, () => {
    let isCosign2: boolean;

    before(() => {
      isCosign2 = run(cosign, ["verify-blob-attestation", "--help"], keyless).said.includes(FOR_COSIGN_2);
    });

    const verify = (folder: Folder, command: readonly string[], trust: readonly string[] = TRUSTED_ROOT) =>
      run(cosign, [...command, ...(isCosign2 ? [FOR_COSIGN_2] : []), ...trust], folder);

    for (const [what, file] of FILES) {
      it(`accepts ${what}, signed without a key`, () => isAccepted(verify(keyless, fill(KEYLESS, file))));
      it(`accepts ${what}, signed with a key`, () => isAccepted(verify(withKey, fill(WITH_KEY, file))));
    }

    it("accepts the event that the document says to add", () => {
      const [event = ""] = /--certificate-github-workflow-trigger \w+/.exec(DOCS) ?? [];
      isAccepted(verify(keyless, [...fill(KEYLESS, FILE), ...event.split(" ")]));
      isRefused(verify(keyless, [...fill(KEYLESS, FILE), ...event.replace("push", "schedule").split(" ")]), /Trigger/);
    });

    it("needs no trusted root for a key, but for cosign 2", () => {
      const outcome = verify(withKey, fill(WITH_KEY, FILE), []);
      if (isCosign2) isRefused(outcome, /tuf refresh failed/);
      else isAccepted(outcome);
    });

    const OTHERS: readonly [what: string, from: string, to: string, why: RegExp][] = [
      ["another workflow", "bundle.yml", "other.yml", /expected SAN value/],
      ["another branch", "refs/heads/main", "refs/heads/evil", /expected SAN value/],
      ["a beginning of the workflow's name", "@refs/heads/main", "", /expected SAN value/],
      ["another issuer", ISSUER, "https://issuer.example", /expected issuer value/],
    ];
    for (const [what, from, to, why] of OTHERS)
      it(`refuses ${what}`, () => isRefused(verify(keyless, fill(KEYLESS, FILE, { [from]: to })), why));

    it("refuses another repository that runs the same workflow", () => {
      const command = fill(KEYLESS, FILE).map((word) => (word === "acme/policy" ? "acme/other" : word));
      isRefused(verify(keyless, command), /GithubWorkflowRepository/);
    });

    it("refuses a file that is no part", () => {
      for (const [folder, command] of [[keyless, KEYLESS] as const, [withKey, WITH_KEY] as const])
        isRefused(verify(folder, fill(command, "other.txt")), /artifact digests? (does|do) not match/);
    });

    for (const [what, change] of TAMPERED) {
      it(`refuses a bundle when somebody has changed ${what}`, () => {
        for (const [folder, command] of [[keyless, KEYLESS] as const, [withKey, WITH_KEY] as const]) {
          const bundle = tamper(folder, "tampered.json", change);
          isRefused(verify(folder, fill(command, FILE, { [BUNDLE_FILE]: bundle })), UNSIGNED);
        }
      });
    }

    it("refuses a bundle without its log entry", () => {
      const bundle = tamper(keyless, "tampered.json", ({ verificationMaterial }) => {
        verificationMaterial.tlogEntries = [];
      });
      isRefused(verify(keyless, fill(KEYLESS, FILE, { [BUNDLE_FILE]: bundle })), /log|timestamp/);
    });

    it("refuses what another Sigstore certified", async () => {
      const other = await startSigstore();
      await other.close();
      keyless.write("other_root.json", JSON.stringify(other.trustedRoot));
      const outcome = verify(keyless, fill(KEYLESS, FILE), ["--trusted-root", "other_root.json"]);
      isRefused(outcome, /certificate|log|signature/);
    });

    it("refuses another key", () => {
      isRefused(verify(withKey, fill(WITH_KEY, FILE, { "cordon.pub": "other.pub" })), UNSIGNED);
    });

    it("refuses another predicate type, but for cosign 2, which does not look", () => {
      const outcome = verify(keyless, fill(KEYLESS, FILE, { [PREDICATE_TYPE]: `${PREDICATE_TYPE}.1` }));
      if (isCosign2) isAccepted(outcome);
      else isRefused(outcome, /invalid predicate type/);
    });

    // Should this fail, then @sigstore/sign or cosign has changed: the document and the flag's text speak of it.
    it("refuses what is logged in Rekor v2", () => {
      isRefused(verify(inRekor2, fill(KEYLESS, FILE)), /transaction log entry|only supported with --new-bundle-format/);
    });
  });
}

const python = process.env["SIGSTORE_PYTHON"] ?? "";
const noPython = python === "" && "SIGSTORE_PYTHON does not name the `sigstore` command";

describe(python || "sigstore for Python", { skip: noPython }, () => {
  before(() => {
    const config = {
      mediaType: "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
      trustedRoot: sigstore.trustedRoot,
      signingConfig: {
        mediaType: "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        rekorTlogConfig: { selector: "ANY" },
        tsaConfig: { selector: "ANY" },
      },
    };
    keyless.write("trust_config.json", JSON.stringify(config));
    // It wants two fields that protobuf leaves out when they are zero, as they are in a log of one entry only.
    tamper(keyless, "explicit.json", ({ verificationMaterial }) => {
      for (const entry of verificationMaterial.tlogEntries)
        entry.inclusionProof = { logIndex: "0", hashes: [], ...entry.inclusionProof };
    });
  });

  const verify = (file: string, { identity = WORKFLOW, bundle = "explicit.json" } = {}) => {
    const trust = ["--trust-config", "trust_config.json"];
    const who = ["--cert-identity", identity, "--cert-oidc-issuer", ISSUER];
    return run(python, [...trust, "verify", "identity", "--offline", "--bundle", bundle, ...who, file], keyless);
  };

  for (const [what, file] of FILES) it(`accepts ${what}`, () => isAccepted(verify(file)));

  it("refuses another workflow", () => isRefused(verify(FILE, { identity: `${WORKFLOW}x` }), /SANs do not match/));

  it("refuses a file that is no part", () => isRefused(verify("other.txt"), /has no subject for digest/));
});
