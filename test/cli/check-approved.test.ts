import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { formatInstant } from "../../core/time.ts";
import type { Decision } from "../../schemas/types/decision.ts";
import { cordon } from "../support/cli.ts";
import { tarball } from "../support/packument.ts";
import { AGE_POLICY, approvalFile } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const DAY_MS = 86_400_000;
const RELEASE = { version: "1.0.0", published: new Date().toISOString() };
const EXPIRES = formatInstant(new Date(Date.now() + 7 * DAY_MS));

describe("a release that an approval lifts", () => {
  let signed: BundleFolder;
  let registry: FixtureRegistry;
  const run = (...args: string[]) =>
    cordon(
      ...args,
      ...["pkg:npm/fresh@1.0.0", "--bundle", `dir:${signed.bundle}`, "--trust", signed.trust],
      ...["--upstream", `npm=${registry.url}`],
    );

  before(async () => {
    signed = makeBundleFolder();
    registry = await startRegistry([{ name: "fresh", releases: [RELEASE] }]);
    const approval = approvalFile({
      purl: "pkg:npm/fresh@1.0.0",
      digests: [`sha512:${createHash("sha512").update(tarball("fresh", RELEASE)).digest("hex")}`],
      created: formatInstant(new Date(Date.now() - DAY_MS)),
      expires: EXPIRES,
    });
    await signed.sign({ source: { policies: [AGE_POLICY], approvals: [approval] }, created: new Date() });
  });
  after(async () => {
    await registry.close();
    signed.remove();
  });

  it("is allowed by check, which names the approval, who gave it, and until when", async () => {
    const { code, stdout } = await run("check");
    const lifted = `release-age/too-young is lifted by approvals/npm/one.yaml (by security, until ${EXPIRES})`;
    assert.equal(stdout, `allow  pkg:npm/fresh@1.0.0  ${lifted}\n\n1 release, 0 denied\n`);
    assert.equal(code, 0);
  });

  it("has the approval beside the verdict, for programs", async () => {
    const [decision] = ((await run("check", "--json")).json() as { decisions: Decision[] }).decisions;
    const [verdict] = decision?.verdicts ?? [];
    assert.deepEqual(
      [decision?.decision, verdict?.policy, verdict?.liftedBy, verdict?.approval],
      ["allow", "release-age", "approvals/npm/one.yaml", { approvedBy: "security", expires: EXPIRES }],
    );
  });

  it("is explained with the same words", async () => {
    const { stdout } = await run("policy", "explain");
    assert.ok(stdout.includes(`\n  lifted by approvals/npm/one.yaml (by security, until ${EXPIRES})\n`), stdout);
  });
});
