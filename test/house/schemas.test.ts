import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { generateTypes, readCommittedTypes, schemaNames } from "../../schemas/generate.ts";

describe("schemas/types", () => {
  for (const name of schemaNames()) {
    it(`${name}.ts is what ${name}.schema.json generates`, async () => {
      assert.equal(readCommittedTypes(name), await generateTypes(name), "run `npm run generate`");
    });
  }
});
