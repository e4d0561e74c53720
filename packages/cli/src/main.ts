// The process of the command `silhouette`: arguments in, exit code out. The only file that sets it.

import { readFileSync } from "node:fs";

import { CommanderError, type Command } from "commander";

import { currentFolder } from "./command-line/called-as.ts";
import { usageError } from "./command-line/usage-error.ts";
import { SomethingMissing } from "./commands/doctor.ts";
import { EXIT } from "./outcome/exit-codes.ts";
import { Failed } from "./outcome/failed.ts";
import { loaded } from "./outcome/libraries.ts";
import { outcomeOf, type Outcome } from "./outcome/outcome.ts";
import { SIGNALS, Stopped } from "./outcome/stopped.ts";
import { programOf } from "./program.ts";
import type { Report } from "./report/events.ts";
import { openReport } from "./report/report.ts";

/**
 * Milliseconds for a command to end by itself after a signal, and then for what it left open: a training thread returns gigabytes.
 */
const GRACE = 800;
const LEFT_OPEN = 600;

/** Commands that train, in a thread of their own. */
const TRAININGS: ReadonlySet<string> = new Set(["demo", "train"]);

/** Stops the work. */
const stop = new AbortController();

/** Whether everything has been reported. */
let isOver = false;

for (const stream of [process.stdout, process.stderr]) stream.on("error", outputLost);
const exitCode = await run(process.argv.slice(2));
isOver = true;
// If output was lost, the exit code is already set.
if (exitCode !== EXIT.done) process.exitCode = exitCode;
// Whatever is still pending, such as a read, is no longer needed.
if (stop.signal.aborted) setTimeout(() => endNow(), LEFT_OPEN).unref();

async function run(words: readonly string[]): Promise<number> {
  // Invalid command lines are reported as JSON too, before the option could be parsed.
  const format = words.includes("--json") ? "json" : "text";
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  let report: Report | undefined;
  const program = programOf({
    version: manifest.version,
    begin: async (command) => {
      expectCurrentFolder();
      const opened = await openReport(format, command);
      report = opened;
      await warnOfVariables(opened, program);
      // Until work starts, and for commands that write nothing, a signal may end the process at once: loading libraries would delay
      // it.
      if (command === "doctor") return;
      await loaded(libraryOf(command));
      listenForSignals(opened, TRAININGS.has(command));
    },
    report: (event) => report?.(event),
    signal: stop.signal,
  });
  try {
    await program.parseAsync(words, { from: "user" });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    // Everything has been reported.
    if (error instanceof SomethingMissing) return EXIT.input;
    report ??= await openReport(format, undefined);
    if (!(error instanceof CommanderError)) {
      const command = program.commands.find((each) => each.name() === words[0]);
      return failed(outcomeOf(error, command), report);
    }
    // The help has been shown, but not why if it was requested for an unknown command.
    const isAsked = words[0] === "help" && words.length > 1;
    if (error.code === "commander.help" && format === "text" && !isAsked) return EXIT.usage;
    return failed({ code: "USAGE", ...usageError(error, program, words), exitCode: EXIT.usage }, report);
  }
}

/** Reports environment variables that are named like a setting and set nothing. */
async function warnOfVariables(report: Report, program: Command): Promise<void> {
  const { unknownVariables } = await loaded(import("./configuration/unknown-variables.ts"));
  const known = program.commands.flatMap(({ options }) => options.flatMap(({ envVar }) => envVar ?? []));
  for (const variable of unknownVariables(process.env, known)) report({ type: "unknownVariable", ...variable });
}

/** Loads what a command works with. Trainings load it in their thread, and benchmarks with their suite. */
async function libraryOf(command: string): Promise<unknown> {
  switch (command) {
    case "inspect":
    case "prepare":
      return import("@silhouette/trainer/datasets");
    case "predict":
      return import("@silhouette/trainer/predict");
    case "runs":
    case "studio":
      return import("@silhouette/trainer/runs");
    case "bench":
    case "crossvalidate":
    case "demo":
    case "lr-find":
    case "train":
      return undefined;
    default:
      return import("@silhouette/trainer");
  }
}

/** The first signal stops the work; a second one, or work that does not stop, ends the process. */
function listenForSignals(report: Report, isTraining: boolean): void {
  const end = (stopped: Stopped): never => {
    if (isTraining)
      stopped.hint = "Everything saved so far is kept. Run the same command again to continue, or to find out how.";
    if (!isOver) failed(outcomeOf(stopped), report);
    return endNow();
  };
  for (const signal of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) {
    process.on(signal, () => {
      if (stop.signal.reason instanceof Stopped) end(stop.signal.reason);
      const stopped = new Stopped(signal);
      stop.abort(stopped);
      // Training saves a checkpoint, which may take longer.
      setTimeout(() => {
        if (!isTraining) end(stopped);
        else if (!isOver) report({ type: "stopping" });
      }, GRACE).unref();
    });
  }
}

/**
 * Ends the process by the signal that stopped it, which shells report as its exit code: `process.exit` would first wait for other
 * threads, such as one that decodes a huge picture.
 */
function endNow(): never {
  const reason: unknown = stop.signal.reason;
  // Work that had succeeded or failed before the signal keeps its exit code.
  if (!(reason instanceof Stopped) || (isOver && process.exitCode !== SIGNALS[reason.signal])) process.exit();
  // Windows has no signals: there, the process would end with exit code 1.
  if (process.platform !== "win32") {
    process.removeAllListeners(reason.signal);
    process.kill(process.pid, reason.signal);
  }
  // A signal that was ignored when the process started still is.
  process.exit(SIGNALS[reason.signal]);
}

/** @throws {Failed} `NO_CURRENT_FOLDER` if it was removed: paths would be meaningless */
function expectCurrentFolder(): void {
  if (currentFolder() !== undefined) return;
  throw new Failed({
    code: "NO_CURRENT_FOLDER",
    message: "Expected a current folder, but it has been removed",
    hint: "Change to an existing folder, and run it again.",
    exitCode: EXIT.input,
    cause: undefined,
  });
}

/** Reports what went wrong, and returns the exit code. */
function failed({ exitCode: code, ...outcome }: Outcome, report: Report): number {
  report({ type: "error", ...outcome });
  return code;
}

/** A reader that has stopped, such as `head`, is not an error, nor is a closed terminal. A full disk is. */
function outputLost(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE" || stop.signal.aborted || process.exitCode === EXIT.output) return;
  process.exitCode = EXIT.output;
  process.stderr.write(
    `Error: Expected to write to the standard output, but that failed (${error.code ?? error.message})\n`,
  );
}
