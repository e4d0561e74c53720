// `silhouette report`: a page of a run's results, or of several runs compared.

import { join } from "node:path";

import type { ReportOptions } from "@silhouette/report";
import type { BackendChoice } from "@silhouette/trainer";
import { checkWritable, writeWhole } from "@silhouette/trainer/light";
import { Command, InvalidArgumentError } from "commander";

import { backendOption } from "../command-line/arguments.ts";
import { commandLine } from "../command-line/called-as.ts";
import { loaded } from "../outcome/libraries.ts";
import type { Report } from "../report/events.ts";

/** Name of the page in a run folder. */
const PAGE = "report.html";

/** The page that compares runs, in the current folder. */
const COMPARISON = "comparison.html";

/** Options of the command line, parsed. */
interface ReportFlags {
  readonly out?: string;
  readonly backend?: BackendChoice;
  readonly json?: boolean;
}

/** The command, which reports to `report`; `signal` stops it. */
export function reportCommand(report: Report, signal: AbortSignal): Command {
  return new Command("report")
    .summary("write a page with the results of a run, or of several runs compared")
    .description(
      "Writes one HTML file, which needs no network: what was trained, the curves of the training, confusion matrix and calibration, and " +
        "the mistakes with photograph, silhouette, and where the network found its answer (Grad-CAM). Of a run that was stopped, it shows " +
        "what there is. Of two or more runs, it shows each, and tests on their common test pictures whether one is better " +
        "than the first.\n\nsilhouette train writes the page of its run by itself.",
    )
    .argument("<RUN...>", "run folders of silhouette train")
    .option(
      "--out <FILE.html>",
      `page to write; replaced if it exists (default: RUN/${PAGE}, or ${COMPARISON} for several runs)`,
      parsePage,
    )
    .addOption(backendOption())
    .option("--json", "print one JSON event per line on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  silhouette report runs/photos\n  silhouette report runs/first runs/second --out both.html",
    )
    .action(async (runs: readonly string[], { out, backend }: ReportFlags) => {
      const path = await writeReport(
        runs,
        { ...(out !== undefined && { out }), ...(backend && { backend }) },
        report,
        signal,
      );
      report({ type: "done", command: "report", runs, out: path });
    });
}

/** A name of a page: `--out RUN` would otherwise be a mistake that is found late, or replaces another file. */
function parsePage(text: string): string {
  if (!/\.html?$/i.test(text)) throw new InvalidArgumentError("Expected a file name that ends in .html.");
  return text;
}

/**
 * Writes the page of a run, or of several.
 *
 * @returns its path
 */
export async function writeReport(
  runs: readonly string[],
  { out, ...options }: Pick<ReportFlags, "out" | "backend"> & Pick<ReportOptions, "explain">,
  report: Report,
  signal: AbortSignal,
): Promise<string> {
  const { comparisonReport, reportPage, runReport } = await loaded(import("@silhouette/report"));
  const [run = "", ...others] = runs;
  const path = out ?? (others.length === 0 ? join(run, PAGE) : COMPARISON);
  if (out !== undefined || others.length > 0) await checkWritable(path, "the report");
  const how = { ...options, commandLine, signal, onEvent: report };
  const data = others.length === 0 ? await runReport(run, how) : await comparisonReport(runs, how);
  signal.throwIfAborted();
  await writeWhole(path, "the report", [Buffer.from(reportPage(data))]);
  return path;
}
