// The command `silhouette`: arguments in, exit code out. The only file that sets it.

import { readFileSync } from "node:fs";

import { TrainerError } from "@silhouette/trainer/light";
import { Command, CommanderError, Option } from "commander";

import { asCalled, currentFolder } from "./command-line/called-as.ts";
import { benchCommand } from "./commands/bench.ts";
import { doctorCommand, SomethingMissing } from "./commands/doctor.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { predictCommand } from "./commands/predict.ts";
import { prepareCommand } from "./commands/prepare.ts";
import { trainCommand } from "./commands/train.ts";
import { environmentFailure } from "./outcome/environment-failure.ts";
import type { Report } from "./report/events.ts";
import { EXIT, exitCodeOf } from "./outcome/exit-codes.ts";
import { Failed } from "./outcome/failed.ts";
import { HELP_OUTPUT } from "./report/help.ts";
import { loaded } from "./outcome/libraries.ts";
import { mistakenRunHint } from "./command-line/mistaken-run.ts";
import { reportJson } from "./report/json.ts";
import { reportText } from "./report/text.ts";
import { SIGNALS, Stopped } from "./outcome/stopped.ts";
import { usageError } from "./command-line/usage-error.ts";
import { wrapped } from "./report/wrapped.ts";

/**
 * Milliseconds that a command has to end by itself after a signal, and that what it has left open has to end after it: the
 * thread of a training gives gigabytes back.
 */
const GRACE = 800;
const LEFT_OPEN = 600;

/** Stops the work. */
const stop = new AbortController();

/** Everything is reported. */
let isOver = false;

for (const stream of [process.stdout, process.stderr]) stream.on("error", outputLost);
const exitCode = await run(process.argv);
isOver = true;
// If output was lost, its code is there already.
if (exitCode !== EXIT.done) process.exitCode = exitCode;
// What still waits for something, such as a read, has nothing left to do.
if (stop.signal.aborted) setTimeout(() => endNow(), LEFT_OPEN).unref();

async function run(argv: readonly string[]): Promise<number> {
  const words = argv.slice(2);
  // Wrong command lines are reported as JSON too, before the option could be parsed.
  const isJson = words.includes("--json");
  const report = isJson ? reportJson() : reportText();
  /** With `--json`, errors are for people too. */
  const reportError: Report = isJson ? both(report, reportText()) : report;
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  const program = new Command("silhouette")
    .description("Trains an image classifier from a folder of photographs.")
    .version(manifest.version, "-v, --version", "show the version")
    // npm and node know -v, git and Commander's other programs -V.
    .addOption(new Option("-V").hideHelp())
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [COMMAND]", "show the help of a command")
    // Arguments stand in each command's own help.
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .configureOutput(HELP_OUTPUT)
    .exitOverride()
    .hook("preAction", async (_, command) => {
      expectCurrentFolder();
      // Until a work begins, and where nothing is made, a signal may end the process at once: libraries that are being loaded
      // would keep it waiting.
      if (command.name() === "doctor") return;
      // A training loads them in its thread.
      if (command.name() !== "train") await loaded(import("@silhouette/trainer"));
      listenForSignals(reportError, command.name() === "train");
    })
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 a defect of silhouette, 2 wrong usage, 3 unusable input or\n" +
        "machine, 4 output that cannot be written, 129 SIGHUP, 130 Ctrl-C, 143 SIGTERM.\n\nExample:\n  silhouette train photos --labels car,bus,motorcycle",
    );
  program.on("option:V", () => {
    process.stdout.write(`${manifest.version}\n`);
    throw new CommanderError(EXIT.done, "commander.version", manifest.version);
  });
  for (const command of [trainCommand, evaluateCommand, predictCommand, prepareCommand, benchCommand]) {
    program.addCommand(command(report, stop.signal));
  }
  program.addCommand(doctorCommand(report));
  for (const command of program.commands) {
    command.copyInheritedSettings(program).helpOption("-h, --help", "show this help");
  }

  try {
    await program.parseAsync(argv);
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      const command = program.commands.find((each) => each.name() === words[0]);
      return failed(error, reportError, command);
    }
    if (error.exitCode === 0) return EXIT.done;
    // The help is shown already, but not why, where that of a command was asked for that there is not.
    const isAsked = words[0] === "help" && words.length > 1;
    if (error.code === "commander.help" && !isJson && !isAsked) return EXIT.usage;
    reportError({ type: "error", code: "USAGE", ...usageError(error, program, words) });
    return EXIT.usage;
  }
}

/** The first signal stops the work; a second one, or work that does not stop, ends the process. */
function listenForSignals(report: Report, isTraining: boolean): void {
  const end = (stopped: Stopped): never => {
    if (isTraining) stopped.hint = "What was saved before is kept. The same command goes on from it, or says how.";
    if (!isOver) failed(stopped, report);
    return endNow();
  };
  for (const signal of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) {
    process.on(signal, () => {
      if (stop.signal.reason instanceof Stopped) end(stop.signal.reason);
      const stopped = new Stopped(signal);
      stop.abort(stopped);
      // A training saves a checkpoint, which may take longer.
      setTimeout(() => (isTraining ? askForPatience() : end(stopped)), GRACE).unref();
    });
  }
}

/**
 * Ends the process by the signal that stopped it, which shells report as its exit code: `process.exit` would first wait for
 * what runs in other threads, such as the decoding of a huge picture.
 */
function endNow(): never {
  const reason: unknown = stop.signal.reason;
  // A work that was done, or had failed, when the signal came has the exit code of that.
  if (!(reason instanceof Stopped) || (isOver && process.exitCode !== SIGNALS[reason.signal])) process.exit();
  process.removeAllListeners(reason.signal);
  process.kill(process.pid, reason.signal);
  // Where the signal was ignored when the process began, it still is.
  process.exit(SIGNALS[reason.signal]);
}

function askForPatience(): void {
  const text = "Stopping, with a checkpoint where there is something to save. Press Ctrl-C again to end at once.\n";
  if (!isOver) process.stderr.write(wrapped(text, process.stderr));
}

/** @throws {Failed} `NO_CURRENT_FOLDER`: paths would mean nothing */
function expectCurrentFolder(): void {
  if (currentFolder() !== undefined) return;
  throw new Failed({
    code: "NO_CURRENT_FOLDER",
    message: "Expected a current folder, but the one in which this was started has been removed",
    hint: "Go to a folder that exists, and run it again.",
    exitCode: EXIT.input,
    cause: undefined,
  });
}

function both(...reports: readonly Report[]): Report {
  return (...event) => {
    for (const report of reports) report(...event);
  };
}

/** Tells what went wrong, without a stack trace unless it is our own defect. */
function failed(error: unknown, report: Report, command?: Command): number {
  if (error instanceof SomethingMissing) return EXIT.input;
  if (error instanceof TrainerError) {
    const isWithoutRun = error.code === "RUN_NOT_FOUND" || error.code === "MODEL_NOT_FOUND";
    const better = command !== undefined && isWithoutRun ? mistakenRunHint(command.name(), command.args) : undefined;
    const hint = better === undefined ? asCalled(error.hint) : `${error.hint} ${better}`;
    report({ type: "error", code: error.code, message: error.message, hint });
    return exitCodeOf(error.code);
  }
  if (error instanceof Failed) {
    const { code, message, hint } = error.failure;
    report({ type: "error", code, message, hint });
    return error.failure.exitCode;
  }
  if (error instanceof Stopped) {
    report({ type: "error", code: error.signal, message: error.message, hint: error.hint });
    return SIGNALS[error.signal];
  }
  const environment = environmentFailure(error);
  if (environment !== undefined) return failed(new Failed(environment), report);
  const hint = "This is a defect of silhouette. Please report it with what follows.";
  const stack = error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {};
  report({ type: "error", code: "DEFECT", message: String(error), hint, ...stack });
  return EXIT.defect;
}

/** A reader that has seen enough, such as `head`, is no error, nor is a terminal that is closed. A full disk is one. */
function outputLost(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE" || stop.signal.aborted || process.exitCode === EXIT.output) return;
  process.exitCode = EXIT.output;
  process.stderr.write(
    `Error: Expected to write to the standard output, but that failed (${error.code ?? error.message})\n`,
  );
}
