/** Index entries as the upstream module hands them on: the registry's config in the first line. */
export const CONFIG = JSON.stringify({ dl: "https://registry.example/dl", api: "https://registry.example" });
export const CKSUM = "0123456789abcdef".repeat(4);

export type Fields = Readonly<Record<string, unknown>>;

export function line(fields: Fields = {}): string {
  return JSON.stringify({
    name: "some",
    vers: "1.0.0",
    deps: [],
    cksum: CKSUM,
    features: {},
    yanked: false,
    ...fields,
  });
}

export function entry(lines: readonly string[], config = CONFIG): Uint8Array {
  return Buffer.from([config, ...lines, ""].join("\n"));
}
