// The command `silhouette`: arguments in, exit code out. The only file that sets it.

import { readFileSync } from "node:fs";

import { TrainerError } from "@silhouette/trainer/light";
import { Command, CommanderError } from "commander";

import { doctorCommand, SomethingMissing } from "./commands/doctor.ts";
import { reportJson, type CommandEvent, type Report } from "./events.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { Failed } from "./failed.ts";
import { reportText } from "./report-text.ts";
import { SIGNALS, Stopped } from "./stopped.ts";

for (const stream of [process.stdout, process.stderr]) stream.on("error", outputLost);
const exitCode = await run(process.argv);
// If output was lost, its code is there already.
if (exitCode !== EXIT.done) process.exitCode = exitCode;

async function run(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  // Only the first one is caught: a second Ctrl-C ends the process at once.
  for (const signal of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) {
    process.once(signal, () => stop.abort(new Stopped(signal)));
  }

  // Wrong command lines are told as JSON too, before the option could be parsed.
  const isJson = argv.includes("--json");
  const report = isJson ? reportJson : reportText();
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  const program = new Command("silhouette")
    .description("Trains an image classifier from a folder of photographs.")
    .version(manifest.version)
    .helpCommand(false)
    // Arguments stand in each command's own help.
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 a defect of silhouette, 2 wrong usage, 3 unusable input or\n" +
        "machine, 4 output that cannot be written, 129 SIGHUP, 130 Ctrl-C, 143 SIGTERM.\n\nExample:\n  silhouette train photos --labels car,bus,motorcycle",
    );
  try {
    // What looks at the libraries must not load them.
    if (argv[2] !== "doctor") await addWorkingCommands(program, report, stop.signal);
  } catch (cause) {
    return unloadable(cause, isJson ? reportBoth : report);
  }
  program.addCommand(doctorCommand(report, stop.signal));
  for (const each of [program, ...program.commands]) {
    each.exitOverride().showHelpAfterError("Run it with --help for all options.");
  }

  try {
    await program.parseAsync(argv);
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof CommanderError)) return failed(error, isJson ? reportBoth : report);
    // Commander has told people already.
    if (error.exitCode === 0) return EXIT.done;
    const message = error.message.replace(/^error: /, "");
    if (isJson) report({ event: "error", code: "USAGE", message, hint: "Run it with --help." });
    return EXIT.usage;
  }
}

/** All commands that load libraries: sharp, TensorFlow.js, Arrow. */
async function addWorkingCommands(program: Command, report: Report, signal: AbortSignal): Promise<void> {
  const [{ trainCommand }, { evaluateCommand }, { predictCommand }, { prepareCommand }, { benchCommand }] =
    await Promise.all([
      import("./commands/train.ts"),
      import("./commands/evaluate.ts"),
      import("./commands/predict.ts"),
      import("./commands/prepare.ts"),
      import("./commands/bench.ts"),
    ]);
  for (const command of [trainCommand, evaluateCommand, predictCommand, prepareCommand, benchCommand]) {
    program.addCommand(command(report, signal));
  }
}

/** Tells of a library that cannot be loaded, and of who knows more. */
function unloadable(cause: unknown, report: Report): number {
  const [reason = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
  const message = `Expected to load the libraries of silhouette, but that failed: ${reason}`;
  report({
    event: "error",
    code: "LIBRARY_UNAVAILABLE",
    message,
    hint: "Run silhouette doctor: it tells what mends it.",
  });
  return EXIT.input;
}

/** With `--json`, errors are for people too. */
function reportBoth(event: CommandEvent): void {
  reportJson(event);
  reportText()(event);
}

/** Tells what went wrong, without a stack trace unless it is our own defect. */
function failed(error: unknown, report: Report): number {
  if (error instanceof SomethingMissing) return EXIT.input;
  if (error instanceof TrainerError) {
    report({ event: "error", code: error.code, message: error.message, hint: error.hint });
    return exitCodeOf(error.code);
  }
  if (error instanceof Failed) {
    const { code, message, hint } = error.failure;
    report({ event: "error", code, message, hint });
    return error.failure.exitCode;
  }
  if (error instanceof Stopped) {
    report({ event: "error", code: error.signal, message: error.message, hint: error.hint });
    return SIGNALS[error.signal];
  }
  const hint = "This is a defect of silhouette. Please report it with what follows.";
  const stack = error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {};
  report({ event: "error", code: "DEFECT", message: String(error), hint, ...stack });
  return EXIT.defect;
}

/** A reader that has seen enough, such as `head`, is no error: the work goes on. A full disk is one. */
function outputLost(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE" || process.exitCode === EXIT.output) return;
  process.exitCode = EXIT.output;
  process.stderr.write(
    `Error: Expected to write to the standard output, but that failed (${error.code ?? error.message})\n`,
  );
}
