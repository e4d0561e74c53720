// The command line: all commands, their help, and what runs before each of them.

import { Command, CommanderError, Option } from "commander";

import { benchCommand } from "./commands/bench.ts";
import { compareCommand } from "./commands/compare.ts";
import { crossValidateCommand } from "./commands/crossvalidate.ts";
import { demoCommand } from "./commands/demo.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { exportCommand } from "./commands/export.ts";
import { importCommand } from "./commands/import.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { lrFindCommand } from "./commands/lr-find.ts";
import { predictCommand } from "./commands/predict.ts";
import { prepareCommand } from "./commands/prepare.ts";
import { reportCommand } from "./commands/report.ts";
import { runsCommand } from "./commands/runs.ts";
import { studioCommand } from "./commands/studio.ts";
import { trainCommand } from "./commands/train.ts";
import { EXIT } from "./outcome/exit-codes.ts";
import type { Report } from "./report/events.ts";
import { HELP_OUTPUT } from "./report/help.ts";

/** What commands work with. */
export interface Surroundings {
  /** The version of silhouette. */
  readonly version: string;
  /** Runs before a command, with its name. */
  readonly begin: (command: string) => Promise<void>;
  /** Takes the command's events. */
  readonly report: Report;
  /** Stops the command. */
  readonly signal: AbortSignal;
}

/** The program, which throws instead of ending the process. */
export function programOf({ version, begin, report, signal }: Surroundings): Command {
  const program = new Command("silhouette")
    .description("Trains an image classifier on a folder of photographs.")
    .version(version, "-v, --version", "show the version")
    // npm and node use -v, git and other Commander programs -V.
    .addOption(new Option("-V").hideHelp())
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [COMMAND]", "show the help of a command")
    // Arguments are listed in each command's own help.
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .configureOutput(HELP_OUTPUT)
    .exitOverride()
    .hook("preAction", async (_, command) => begin(command.name()))
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 a defect of silhouette, 2 wrong usage, 3 unusable input or\n" +
        "machine, 4 unwritable output, 129 SIGHUP, 130 Ctrl-C, 143 SIGTERM.\n\n" +
        "Example:\n  silhouette train photos --labels car,bus,motorcycle",
    );
  program.on("option:V", () => {
    process.stdout.write(`${version}\n`);
    throw new CommanderError(EXIT.done, "commander.version", version);
  });
  for (const command of [
    trainCommand,
    crossValidateCommand,
    lrFindCommand,
    evaluateCommand,
    compareCommand,
    reportCommand,
    predictCommand,
    exportCommand,
    prepareCommand,
    inspectCommand,
    studioCommand,
    demoCommand,
    benchCommand,
  ]) {
    program.addCommand(command(report, signal));
  }
  program.addCommand(importCommand(report));
  program.addCommand(runsCommand(report));
  program.addCommand(doctorCommand(report));
  for (const command of program.commands) {
    command.copyInheritedSettings(program).helpOption("-h, --help", "show this help");
  }
  return program;
}
