/** The trust policy: the operator's own setting of who may sign bundles. */
import type { KeyObject } from "node:crypto";
import schema from "../../schemas/trust-policy.schema.json" with { type: "json" };
import type { TrustPolicy } from "../../schemas/types/trust-policy.ts";
import { CordonError } from "../errors.ts";
import { schemaCheck } from "../schema.ts";
import { formatDiagnostic } from "../source/diagnostic.ts";
import { readText } from "../source/files.ts";
import { YamlFile } from "../source/yaml-file.ts";
import { keyHint, parsePublicKey } from "./keys.ts";

const check = schemaCheck<TrustPolicy>(schema);

export interface Trust {
  readonly channel: string;
  /** Public keys by hint. */
  readonly keys: ReadonlyMap<string, KeyObject>;
}

/** Reads `--trust`: a public key in PEM, or a trust policy in YAML. Throws TRUST_INVALID, FILE_UNREADABLE. */
export function readTrust(path: string): Trust {
  const text = readText(path);
  if (text.trimStart().startsWith("-----BEGIN")) return toTrust({ keys: [text] }, path);
  const file = new YamlFile({ path, text });
  const issues = file.check(check);
  if (issues[0]) throw new CordonError("TRUST_INVALID", formatDiagnostic(issues[0]));
  return toTrust(file.value as TrustPolicy, path);
}

export function toTrust({ channel = "stable", keys: pems }: TrustPolicy, where: string): Trust {
  const keys = new Map(pems.map((pem) => parsePublicKey(pem, where)).map((key) => [keyHint(key), key]));
  return { channel, keys };
}
