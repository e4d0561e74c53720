// Command lines that cannot be understood: what is wrong, and what to type instead.

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
 * What people are told of a command line.
 *
 * @param error of Commander
 * @param program all commands
 * @param words the command line, without what runs it
 */
export function usageError(error: CommanderError, program: Command, words: readonly string[]): UsageError {
  const command = program.commands.find((each) => each.name() === words[0]);
  // Commander puts its suggestion on a line of its own.
  const message = error.message.replace(/^error: /, "").replace("\n(Did", " (Did");
  const help = commandLine(command === undefined ? ["--help"] : [command.name(), "--help"]);
  switch (error.code) {
    case "commander.help":
      return { message: expectedCommand(words), hint: `All commands are shown by: ${help}` };
    case "commander.unknownCommand": {
      const path = words.find((word) => !word.startsWith("-"));
      if (path === undefined || !isLikelyPath(path)) return { message, hint: `All commands are shown by: ${help}` };
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
      return { message, hint: `${what}Examples and options are shown by: ${help}` };
    }
    case "commander.excessArguments":
      return {
        message,
        hint: `Put quotes around a path that has spaces. Arguments and options are shown by: ${help}`,
      };
    default:
      return { message, hint: `All options are shown by: ${help}` };
  }
}

/** Help was asked for of a command that there is not, or nothing was asked for. */
function expectedCommand([first, asked]: readonly string[]): string {
  return first === "help" && asked !== undefined ? `unknown command '${asked}'` : "expected a command";
}

function isLikelyPath(word: string): boolean {
  return /[/\\]|\.arrow$/.test(word) || existsSync(word);
}
