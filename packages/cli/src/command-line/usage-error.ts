// Invalid command lines: what is wrong, and what to type instead.

import { existsSync } from "node:fs";

import type { Command, CommanderError } from "commander";

import { commandLine } from "./called-as.ts";
import { isRun } from "./mistaken-run.ts";

/** What is wrong, and what to do next. */
export interface UsageError {
  readonly message: string;
  readonly hint: string;
}

/**
 * The message and hint for an invalid command line.
 *
 * @param error from Commander
 * @param program all commands
 * @param words the command line, without the program
 */
export function usageError(error: CommanderError, program: Command, words: readonly string[]): UsageError {
  const command = program.commands.find((each) => each.name() === words[0]);
  // Commander puts its suggestion on a separate line.
  const message = error.message.replace(/^error: /, "").replace("\n(Did", " (Did");
  const help = commandLine(command === undefined ? ["--help"] : [command.name(), "--help"]);
  switch (error.code) {
    case "commander.help":
      return { message: expectedCommand(words), hint: `To list all commands: ${help}` };
    case "commander.unknownCommand": {
      const path = words.find((word) => !word.startsWith("-"));
      if (path === undefined || !isLikelyPath(path)) return { message, hint: `To list all commands: ${help}` };
      const others = words.filter((word) => word !== path);
      if (isRun(path)) {
        const hint = `To classify pictures with a run: ${commandLine(["predict", { path }, ...others])}`;
        return { message, hint };
      }
      return {
        message,
        hint: `To train a classifier on a folder of photographs or a dataset: ${commandLine(["train", { path }])}`,
      };
    }
    case "commander.missingArgument": {
      const missing = command?.registeredArguments.find((argument) => error.message.includes(`'${argument.name()}'`));
      const what = missing === undefined ? "" : `<${missing.name()}> is the ${missing.description}. `;
      return { message, hint: `${what}To list examples and options: ${help}` };
    }
    case "commander.excessArguments":
      return {
        message,
        hint: `Put quotes around paths that contain spaces, and around patterns. To list arguments and options: ${help}`,
      };
    default:
      return { message, hint: `To list all options: ${help}` };
  }
}

/** The message where help was requested for an unknown command, or nothing was requested. */
function expectedCommand([first, asked]: readonly string[]): string {
  return first === "help" && asked !== undefined ? `unknown command '${asked}'` : "expected a command";
}

function isLikelyPath(word: string): boolean {
  return /[/\\]|\.arrow$/.test(word) || existsSync(word);
}
