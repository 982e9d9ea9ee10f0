/** Reports an unknown command like any other failure, and as JSON where `--json` is given. */
import type { Hook } from "@oclif/core";
import { CordonError } from "../../core/errors.ts";
import { oneLine } from "../../core/words.ts";
import { printFailure } from "../command.ts";
import { likelyCommands } from "../command-names.ts";

const MAX_NAME = 60;

const tellCommandNotFound: Hook.CommandNotFound = async ({ id, config }) => {
  // The id is all there is on the line, up to the first option.
  const words = id.split(":");
  const names = [
    ...config.commands.filter(({ hidden }) => !hidden).map(({ id }) => id),
    ...config.topics.map(({ name }) => name),
  ];
  const likely = likelyCommands(
    words,
    names.map((name) => name.replaceAll(":", " ")),
  );
  const isBelow = likely[0]?.includes(" ") || names.includes(words[0] ?? "");
  const name = oneLine(words.slice(0, isBelow ? 2 : 1).join(" "), MAX_NAME);
  const meant = likely.map((command) => `\`${config.bin} ${command}\``).join(" or ");
  const message = `there is no command \`${config.bin} ${name}\`${meant === "" ? "" : `; did you mean ${meant}?`}`;
  const failure = new CordonError("USAGE", message, {
    next: `\`${config.bin} --help\` lists all commands.`,
  });
  printFailure(failure, process.argv.includes("--json"));
};

export default tellCommandNotFound;
