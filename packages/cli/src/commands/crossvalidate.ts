// `silhouette crossvalidate`: tests a recipe on all pictures, each by a network that was trained on others.

import { relative } from "node:path";

import type { CrossValidateEvent } from "@silhouette/trainer";
import { CROSS_VALIDATE_DEFAULTS, RANGES } from "@silhouette/trainer/light";
import { Command, Option } from "commander";

import { fromEnvironment, parseWhole } from "../command-line/arguments.ts";
import {
  addOutputOptions,
  addTrainingOptions,
  CONFIGURATION_HELP,
  expectSource,
} from "../command-line/training-options.ts";
import type { TrainingFlags } from "../configuration/settings.ts";
import { EXIT } from "../outcome/exit-codes.ts";
import { Failed } from "../outcome/failed.ts";
import { loaded } from "../outcome/libraries.ts";
import type { Report } from "../report/events.ts";
import { commandLine } from "../command-line/called-as.ts";
import { defaultOut } from "../command-line/default-out.ts";
import { OPTIONAL_SOURCE, optionalSourceOf } from "../command-line/source-argument.ts";
import { Stopped } from "../outcome/stopped.ts";

/** Options of the command line, parsed. */
interface CrossValidateFlags extends TrainingFlags {
  readonly resume?: boolean;
}

/** The command, which reports to `report`; `signal` stops it. */
export function crossValidateCommand(report: Report, signal: AbortSignal): Command {
  const command = new Command("crossvalidate")
    .summary("test a recipe on all pictures, by cross-validation")
    .description(
      "Divides the pictures into folds, with each class spread evenly and copies of a picture in the same fold. For each fold a network " +
        "is trained on the others and tested on the fold, so that every picture is tested once: the accuracy has a narrower interval " +
        "than that of a small test split.\n\nThe folder receives metrics.json and predictions.csv as folds end. Ctrl-C keeps the folds " +
        "that are done; --resume continues with the next one.",
    )
    .argument(
      OPTIONAL_SOURCE,
      "folder of photographs, one subfolder per class, or a dataset (default: the configuration's)",
    )
    .option("--out <FOLDER>", "folder of the results: empty or new (default: runs/<name of FOLDER or FILE>-folds)")
    .addOption(
      fromEnvironment(
        new Option("--folds <N>", `number of folds (default: ${CROSS_VALIDATE_DEFAULTS.folds})`).argParser(
          parseWhole(RANGES.folds),
        ),
      ),
    );
  addTrainingOptions(command, "folds, weights, order, augmentation and dropout");
  command.addOption(
    new Option("--resume", "continue with the next fold, with the settings that it began with").conflicts([
      "printConfig",
    ]),
  );
  addOutputOptions(command);
  return command
    .addHelpText(
      "after",
      `\n${CONFIGURATION_HELP}\n\nExample:\n  silhouette crossvalidate photos --folds 3 --recipe levels`,
    )
    .action(async (sources: readonly string[], { resume = false, ...flags }: CrossValidateFlags) => {
      const named = optionalSourceOf(sources, command);
      const { alsoFrom, settingsFrom } = await loaded(import("../configuration/settings.ts"));
      const { settings: configured, file } = await settingsFrom(named, flags, report);
      // A configuration is for trainings, too: folds replace splits, and the results have a folder of their own.
      const { source, out: _run, split: _split, thumbnails: _thumbnails, init, ...settings } = configured;
      if (init !== undefined) throw startedFrom(init, file);
      if (flags.printConfig === true) {
        const { folds = CROSS_VALIDATE_DEFAULTS.folds } = settings;
        const { printConfig } = await loaded(import("../configuration/print-config.ts"));
        await printConfig({ ...(source !== undefined && { source }), ...settings, folds });
        return;
      }
      expectSource(source, command);
      const { out = defaultOut(source, "-folds") } = flags;
      const begin = performance.now();
      const { inThread } = await loaded(import("./training-thread.ts"));
      const crossValidate = await inThread("crossValidate", signal);
      let hasBegun = resume;
      const onEvent = (event: CrossValidateEvent): void => {
        // From here on, there is something to continue.
        if (event.type === "fold") hasBegun = true;
        report(event);
      };
      const given = { source, out, ...settings, ...(resume && { resume }) };
      const { folds, metrics } = await crossValidate(given, onEvent).catch((error: unknown) => {
        if (error instanceof Stopped && hasBegun) {
          const { network } = settings;
          const own = network === undefined ? [] : ["--network", { path: relative("", network) }];
          const words =
            file === undefined
              ? ["crossvalidate", { path: source }, "--out", { path: out }, ...own]
              : process.argv.slice(2).filter((word) => word !== "--resume");
          error.hint = `The folds that are done are kept. To continue with the next one: ${commandLine([...words, "--resume"])}`;
        }
        throw alsoFrom(file, error);
      });
      report({
        type: "done",
        command: "crossvalidate",
        out,
        folds,
        ...metrics,
        seconds: (performance.now() - begin) / 1000,
      });
    });
}

/** The run of `init` may have learned from the very pictures that a fold tests. */
function startedFrom(init: string, file: string | undefined): Failed {
  return new Failed({
    code: "INVALID_ARGUMENT",
    message: `Expected a cross-validation to start from random weights, but ${file ?? "the configuration"} has init ${JSON.stringify(relative("", init) || ".")}, a run that may have learned from the pictures to test`,
    hint: "Name a configuration without init: --config FILE",
    exitCode: EXIT.usage,
    cause: undefined,
  });
}
