// `silhouette export`: a run's model in other formats, and as a page.

import { join } from "node:path";

import type { ExportedFile } from "@silhouette/trainer";
import { EXPORT_FORMATS } from "@silhouette/trainer/light";
import { Command, Option } from "commander";

import { loaded } from "../outcome/libraries.ts";
import type { Report } from "../report/events.ts";

/** What a model is exported to: the trainer's formats, and a page. */
const TARGETS = [...EXPORT_FORMATS, "html"] as const;

/** One of them. */
type ExportTarget = (typeof TARGETS)[number];

/** Folder of exported files in a run folder. */
const FOLDER = "export";

/** Name of the page. */
const PAGE = "predictor.html";

/** Options of the command line, parsed. */
interface ExportFlags {
  readonly to: ExportTarget;
  readonly out?: string;
}

/** The command, which reports to `report`; `signal` stops it. */
export function exportCommand(report: Report, signal: AbortSignal): Command {
  return new Command("export")
    .summary("write a trained classifier in another format")
    .description(
      "Writes the model of a run for other programs: as TensorFlow.js Layers model (tfjs), for Keras 3 (keras), for ONNX Runtime (onnx), for LiteRT, which was " +
        "TensorFlow Lite (litert), or as a page that classifies photographs without a network (html). Labels, preprocessing, calibration " +
        "and the origin of the weights are in the file. The guide to exporting has programs that use them.",
    )
    .argument("<RUN>", "run folder of silhouette train")
    .addOption(new Option("--to <FORMAT>", "format").choices(TARGETS).makeOptionMandatory())
    .option("--out <FOLDER>", `folder to write to; files that differ are not replaced (default: RUN/${FOLDER})`)
    .option("--json", "print one JSON event per line on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  silhouette export runs/photos --to onnx\n  silhouette export runs/photos --to html --out website",
    )
    .action(async (run: string, { to, out = join(run, FOLDER) }: ExportFlags) => {
      const { exportedFiles, exportModel, writeExported } = await loaded(import("@silhouette/trainer"));
      const files =
        to === "html"
          ? await writeExported(out, [await pageOf(await exportedFiles({ run, format: "tfjs" }))])
          : await exportModel({ run, format: to, out });
      signal.throwIfAborted();
      report({ type: "done", command: "export", run, format: to, files });
    });
}

/** The page of a model, given its files. */
async function pageOf(files: readonly ExportedFile[]): Promise<ExportedFile> {
  const { predictorPage } = await loaded(import("@silhouette/studio"));
  const content = new Map(files.map(({ name, bytes }) => [name, bytes]));
  const bytesOf = (name: string): Uint8Array => content.get(name) ?? new Uint8Array();
  const page = await predictorPage({ json: Buffer.from(bytesOf("model.json")).toString(), readWeights: bytesOf });
  return { name: PAGE, bytes: Buffer.from(page) };
}
