/** oclif's help, with the same message for an unknown command as without `--help`. */
import { Errors, Help } from "@oclif/core";

export default class CordonHelp extends Help {
  override async showHelp(argv: string[]): Promise<void> {
    try {
      await super.showHelp(argv);
    } catch (error) {
      if (!(error instanceof Errors.CLIError)) throw error;
      const words = argv.filter((word) => !word.startsWith("-"));
      await this.config.runHook("command_not_found", { id: words.join(":"), argv });
    }
  }
}
