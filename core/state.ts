/** What lies in a proxy's state directory for others to read. */

/** The running proxy: `{ id, startedAt, url }`, as `/-/status` tells them too. */
export const PROCESS_FILE = "proxy.json";
