// Generated from package-list.schema.json by schemas/generate.ts; do not edit.

/**
 * A named list that rules read as `lists.NAME`: a map from entry to the reason that it stands there.
 */
export interface PackageList {
  apiVersion: "cordon/v1";
  kind: "PackageList";
  metadata: {
    /**
     * What rules write after `lists.`.
     */
    name: string;
    /**
     * One line for people.
     */
    title?: string;
  };
  spec: {
    /**
     * What is on it: names, purls or whatever the rules look up, each by itself or with the reason that it stands there.
     *
     * @maxItems 100000
     */
    entries: (
      | string
      | {
          entry: string;
          reason: string;
        }
    )[];
  };
}
