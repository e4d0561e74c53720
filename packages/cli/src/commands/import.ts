// `silhouette import`: makes a run of a model that Keras 3 or TensorFlow.js saved.

import type { InputKind, PixelRange } from "@silhouette/trainer";
import { INPUT_KINDS, PIXEL_RANGE_NAMES } from "@silhouette/trainer/light";
import { Command, Option } from "commander";

import { parseLabels } from "../command-line/arguments.ts";
import { withOtherFolder } from "../command-line/other-folder.ts";
import type { Report } from "../report/events.ts";
import { loaded } from "../outcome/libraries.ts";

/** Options of the command line, parsed. */
interface ImportFlags {
  readonly out: string;
  readonly labels?: readonly string[];
  readonly input?: InputKind;
  readonly range?: PixelRange;
  readonly json?: boolean;
}

/** The command, which reports to `report`. */
export function importCommand(report: Report): Command {
  return new Command("import")
    .summary("make a run of a model that Keras or TensorFlow.js saved")
    .description(
      "Reads a .keras file of Keras 3, or the model.json of a TensorFlow.js Layers model, and writes a run that evaluate, predict, report, " +
        "export and train --init accept. Models that silhouette export wrote know their labels and pictures. For others, name the " +
        "labels in the order of the outputs, what the network sees, and the numbers that it expects from black to white.",
    )
    .argument("<MODEL>", ".keras file, or model.json with its weights beside it")
    .requiredOption("--out <RUN>", "folder for the run, empty or not there yet")
    .option("--labels <a,b,c>", "class names, in the order of the network's outputs", parseLabels)
    .addOption(
      new Option(
        "--input <KIND>",
        "what the network sees: black and white (otsu), three levels, gray, or colors (rgb)",
      ).choices(INPUT_KINDS),
    )
    .addOption(
      new Option("--range <RANGE>", "what it expects from black to white (default: 0..255)").choices(PIXEL_RANGE_NAMES),
    )
    .option("--json", "print one JSON event per line on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  silhouette import runs/photos/export/model.keras --out runs/again\n" +
        "  silhouette import flowers.keras --labels daisy,rose --input rgb --out runs/flowers",
    )
    .action(async (model: string, { out: run, json: _json, ...settings }: ImportFlags) => {
      const { importModel } = await loaded(import("@silhouette/trainer"));
      const { library, description, parameters } = await importModel({ model, run, ...settings }).catch(
        (error: unknown) => {
          throw withOtherFolder(error);
        },
      );
      const { labels, width, height, input } = description;
      report({ type: "done", command: "import", run, model, library, labels, width, height, input, parameters });
    });
}
