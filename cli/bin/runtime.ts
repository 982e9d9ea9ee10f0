/** Ends with a sentence on a Node that is too old, before anything is imported that such a one cannot load. */

/** As `engines` in package.json says. */
const [MAJOR, MINOR] = [24, 15] as const;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (!("deno" in process.versions) && (major < MAJOR || (major === MAJOR && minor < MINOR))) {
  console.error(
    `Error: Cordon runs on Node ${MAJOR}.${MINOR} or later, and this is Node ${process.versions.node}\n` +
      "Install a newer Node, or run Cordon on Deno.",
  );
  process.exit(2);
}
