// Generated from policy-test.schema.json by schemas/generate.ts; do not edit.

/**
 * Cases and samples with the decisions that they must get; a file of `tests/`.
 */
export interface PolicyTest {
  apiVersion: "cordon/v1";
  kind: "PolicyTest";
  metadata?: {
    title?: string;
  };
  spec: {
    /**
     * The frozen clock.
     */
    now: string;
    cases?: TestCase[];
    /**
     * Lockfiles or package lists; each release is judged by what can be told offline.
     */
    samples?: TestSample[];
  };
}
export interface TestCase {
  name: string;
  /**
   * The purl of the release that is judged.
   */
  release: string;
  /**
   * Facts in the form of facts.schema.json. What the purl tells need not be repeated; `advisories` given here stand instead of those of the repository.
   */
  facts?: {
    pkg?: {
      [k: string]: unknown;
    };
    release?: {
      [k: string]: unknown;
    };
    advisories?: unknown[];
  };
  expect: Expectation;
}
export interface Expectation {
  decision: "allow" | "warn" | "strip-scripts" | "quarantine" | "block";
  policy?: string;
  rule?: string;
  /**
   * A part of the reason.
   */
  reason?: string;
  until?: string;
}
export interface TestSample {
  /**
   * Path from the repository's top.
   */
  sample: string;
  /**
   * The releases, as purls, that get each decision; a decision that is left out must get none.
   */
  expect: {
    block?: string[];
    quarantine?: string[];
    "strip-scripts"?: string[];
    warn?: string[];
  };
}
