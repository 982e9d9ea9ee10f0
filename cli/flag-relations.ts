/**
 * What a flag needs beside it, and what it does not go with. As relationships, which are what the reference reads: of
 * `exclusive`, and of flags that depend on one another, oclif's usage line leaves empty alternatives.
 */
export const also = (...flags: string[]) => [{ type: "all" as const, flags }];

export const never = (...flags: string[]) => [{ type: "none" as const, flags }];
