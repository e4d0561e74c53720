// The command `silhouette`: arguments in, exit code out. The only file that ends the process.

import { readFileSync } from "node:fs";

import { TrainerError } from "@silhouette/trainer";
import { Command, CommanderError } from "commander";

import { prepareCommand } from "./commands/prepare.ts";
import { reportJson, type CommandEvent } from "./events.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { reportText } from "./report-text.ts";

/** Why the work was stopped from outside. */
class Stopped extends Error {
  readonly signal: "SIGINT" | "SIGTERM";

  constructor(signal: "SIGINT" | "SIGTERM") {
    super(`Stopped by ${signal === "SIGINT" ? "Ctrl-C" : signal}`);
    this.signal = signal;
  }
}

process.exitCode = await run(process.argv);

async function run(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  // Only the first one is caught: a second Ctrl-C ends the process at once.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort(new Stopped(signal)));
  // A reader that has seen enough, such as `head`, is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT.done);
    throw error;
  });

  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  const program = new Command("silhouette")
    .description("Trains an image classifier from a folder of photographs.")
    .version(manifest.version)
    .helpCommand(false)
    .addCommand(prepareCommand(stop.signal))
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 a defect of silhouette, 2 wrong usage, 3 unusable input, 4 output that cannot be written,\n" +
        "130 Ctrl-C, 143 SIGTERM.\n\nExample:\n  silhouette prepare photos --out photos.arrow",
    );
  for (const each of [program, ...program.commands])
    each.exitOverride().showHelpAfterError("Run it with --help for all options.");

  try {
    await program.parseAsync(argv);
    return EXIT.done;
  } catch (error) {
    return failed(error, argv.includes("--json"));
  }
}

/** Tells what went wrong, without a stack trace unless it is our own defect. */
function failed(error: unknown, isJson: boolean): number {
  const report = (event: CommandEvent): void => {
    if (isJson) reportJson(event);
    reportText()(event);
  };
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done;
    // Commander has printed it already.
    if (isJson) reportJson({ event: "error", code: "USAGE", message: error.message, hint: "Run it with --help." });
    return EXIT.usage;
  }
  if (error instanceof TrainerError) {
    report({ event: "error", code: error.code, message: error.message, hint: error.hint });
    return exitCodeOf(error.code);
  }
  if (error instanceof Stopped) {
    report({ event: "error", code: error.signal, message: error.message, hint: "Nothing was written." });
    return error.signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated;
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  report({
    event: "error",
    code: "DEFECT",
    message,
    hint: "This is a defect of silhouette. Please report it with the lines above.",
  });
  return EXIT.defect;
}
