import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { formatInstant } from "../../../core/time.ts";
import { cordon } from "../../support/cli.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";
import { approvalFile, policyFile } from "../../support/policies.ts";

const DAY_MS = 86_400_000;
const inDays = (days: number): string => formatInstant(new Date(Date.now() + days * DAY_MS + 3_600_000));

/** Days until they begin and end. */
const APPROVALS = { active: [-1, 30], soon: [-1, 2], over: [-20, -1], later: [1, 10] } as const;

describe("cordon quarantine list, in a folder that is no clone, whose policy does not compile and whose feeds are away", () => {
  let folder: Folder;
  before(() => {
    const approvals = Object.entries(APPROVALS).map(([name, [created, expires]]) => {
      const times = { created: inDays(created), expires: inDays(expires) };
      const purl = `pkg:npm/${name}@1.0.0`;
      return approvalFile({ purl, digests: [`sha1:${"a".repeat(40)}`], ...times, path: `approvals/npm/${name}.yaml` });
    });
    const broken = policyFile("broken", "  rules: [{ name: x, condition: nothing, verdict: block, message: x }]");
    const config = {
      apiVersion: "cordon/v1",
      kind: "Cordon",
      feeds: [{ name: "away", kind: "directory", path: "none" }],
    };
    folder = makeFolder({
      "cordon.yaml": JSON.stringify(config),
      [broken.path]: broken.text,
      "approvals/npm/draft.yaml": "apiVersion: cordon/v1\nkind: Approval\nspec: {}\n",
      ...Object.fromEntries(approvals.map(({ path, text }) => [path, text])),
    });
  });
  after(() => folder.remove());

  it("shows which approvals end soon, are over, or are none, and exits with 1", async () => {
    const { code, stdout } = await cordon("quarantine", "list", "--dir", folder.path);
    assert.equal(
      stdout,
      [
        "4 approvals",
        "  expired   over     pkg:npm/over@1.0.0    security",
        "  expiring  2 days   pkg:npm/soon@1.0.0    security",
        "  not yet   10 days  pkg:npm/later@1.0.0   security",
        "  active    30 days  pkg:npm/active@1.0.0  security",
        "  broken  approvals/npm/draft.yaml: see `cordon policy lint`",
        "",
        "Open requests are not shown: it is not known which forge hosts the repository. Say `forge.kind` in cordon.yaml.",
        "",
      ].join("\n"),
    );
    assert.equal(code, 1);
  });

  it("tells the same to programs", async () => {
    const run = await cordon("quarantine", "list", "--dir", folder.path, "--within", "1h", "--json");
    const { approvals, broken, requests } = run.json() as {
      approvals: { state: string }[];
      broken: string[];
      requests: null;
    };
    assert.deepEqual(
      approvals.map(({ state }) => state),
      ["expired", "active", "not yet", "active"],
    );
    assert.deepEqual([broken, requests], [["approvals/npm/draft.yaml"], null]);
  });

  it("refuses what is no span of time", async () => {
    const { code, stderr } = await cordon("quarantine", "list", "--dir", folder.path, "--within", "soon");
    assert.equal(code, 2);
    assert.match(stderr, /--within soon is no span of time/);
  });
});
