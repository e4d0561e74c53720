// `silhouette inspect`: what may be wrong with a dataset, before it is trained on, and with its labels, after a run.

import { existsSync } from "node:fs";
import { extname } from "node:path";

import type { Inspection, IssueKind } from "@silhouette/trainer";
import { checkWritable, TrainerError, VERSION, writeWhole } from "@silhouette/trainer/light";
import { Command } from "commander";

import { parseLabels } from "../command-line/arguments.ts";
import { commandLine } from "../command-line/called-as.ts";
import { defaultOut } from "../command-line/default-out.ts";
import { SOURCE, sourceOf } from "../command-line/source-argument.ts";
import { loaded } from "../outcome/libraries.ts";
import type { Done, Report } from "../report/events.ts";

/** Options of the command line, parsed. */
interface InspectFlags {
  readonly run?: string;
  readonly labels?: readonly string[];
  readonly fix?: string;
  readonly out?: string;
}

/** The command, which reports to `report`; `signal` stops it. */
export function inspectCommand(report: Report, signal: AbortSignal): Command {
  return new Command("inspect")
    .summary("find what may be wrong with photographs or a dataset")
    .description(
      "Finds unusable files, copies of a picture under two labels, across splits or within a class, blank and fragmented silhouettes, odd " +
        "sizes, and classes that are too small. Copies are found if they were scaled, saved in another quality or format, made a little " +
        "lighter or darker, or mirrored. With --run, also finds labels that are probably wrong: pictures that networks confidently classify " +
        "as another class, although they have not learned from them. Changes no picture.",
    )
    .argument(SOURCE, "folder of photographs, one subfolder per class, or a dataset")
    .option("--run <RUN>", "folder of silhouette crossvalidate, or of a run, with predictions for these pictures")
    .option("--labels <a,b,c>", "class names, for folders (default: alphabetical)", parseLabels)
    .option("--fix <LIST.csv>", "new list of files to leave out, for --leave-out of other commands")
    .option("--out <FILE.html>", "page with the pictures; replaced if it exists")
    .option("--json", "print one JSON event per line on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  silhouette inspect photos --fix leave-out.csv --out inspection.html\n" +
        "  silhouette train photos --leave-out leave-out.csv\n" +
        "  silhouette inspect photos --run runs/photos-folds",
    )
    .action(async (sources: readonly string[], flags: InspectFlags, command: Command) => {
      expectExtension(command, "--fix", flags.fix, ".csv");
      expectExtension(command, "--out", flags.out, ".html");
      await runInspect(sourceOf(sources, command), flags, report, signal);
    });
}

/** A mistyped argument must not replace a picture or a dataset. */
function expectExtension(command: Command, option: string, path: string | undefined, extension: string): void {
  if (path === undefined || extname(path).toLowerCase() === extension) return;
  command.error(`error: option '${option}' expects a file whose name ends in ${extension}, not '${path}'`);
}

async function runInspect(
  source: string,
  { run, labels, fix, out }: InspectFlags,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const { inspect, leftOutOf, writeLeaveOut } = await loaded(import("@silhouette/trainer/datasets"));
  const { inspectionReport, PAGE_EXAMPLES, reportPage } = await loaded(import("@silhouette/report"));
  if (fix !== undefined && existsSync(fix)) throw listExists(fix);
  if (fix !== undefined) await checkWritable(fix, "the list of files to leave out");
  if (out !== undefined) await checkWritable(out, "the page");
  const begin = performance.now();
  const inspection = await inspect({
    source,
    ...(run !== undefined && { run }),
    ...(labels && { labels }),
    examples: out === undefined ? 0 : PAGE_EXAMPLES,
    signal,
    onEvent: report,
  });
  const leftOut = leftOutOf(inspection.issues);
  if (fix !== undefined) await writeLeaveOut(fix, leftOut);
  const advice = adviceOn(inspection, { run, fix, files: leftOut.length });
  if (out !== undefined) {
    const page = await inspectionReport(inspection, {
      created: new Date(),
      version: VERSION,
      advice: `${advice.sentence}: ${advice.command}`,
    });
    await writeWhole(out, "the page", [Buffer.from(reportPage(page))]);
  }
  report({
    type: "done",
    command: "inspect",
    source,
    pictures: inspection.pictures,
    predicted: inspection.predicted,
    issues: countsOf(inspection),
    fix: fix === undefined ? null : { path: fix, files: leftOut.length },
    out: out ?? null,
    advice,
    seconds: (performance.now() - begin) / 1000,
  });
}

function countsOf({ issues }: Inspection): Done<"inspect">["issues"] {
  const counts: Partial<Record<IssueKind, number>> = {};
  for (const { kind } of issues) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** What to do next. */
function adviceOn(
  { source, issues }: Inspection,
  { run, fix, files }: { readonly run: string | undefined; readonly fix: string | undefined; readonly files: number },
): Done<"inspect">["advice"] {
  if (files > 0 && fix === undefined) {
    const from = run === undefined ? [] : ["--run", { path: run }];
    return {
      sentence: `To list the ${files} ${files === 1 ? "file" : "files"} to leave out`,
      command: commandLine(["inspect", { path: source }, ...from, "--fix", "leave-out.csv"]),
    };
  }
  if (issues.some(({ kind }) => kind === "too-few-classes")) {
    return {
      sentence: "Nothing can be trained on it yet: add training pictures of two or more classes. Then, to look again",
      command: commandLine(["inspect", { path: source }]),
    };
  }
  const listed = files > 0 && fix !== undefined ? ["--leave-out", { path: fix }] : [];
  if (run === undefined) {
    const look = listed.length > 0 ? "Look through the list. Then, to test every picture" : "To test every picture";
    return {
      sentence: `${look}, which also shows whose labels are probably wrong (inspect --run ${defaultOut(source, "-folds")})`,
      command: commandLine(["crossvalidate", { path: source }, ...listed]),
    };
  }
  return {
    sentence: listed.length > 0 ? "Look through the list, then train without its files" : "To train",
    command: commandLine(["train", { path: source }, ...listed]),
  };
}

function listExists(path: string): TrainerError {
  return new TrainerError(
    "OUTPUT_UNWRITABLE",
    `Expected to write the list of files to leave out to ${path}, but a file of that name exists`,
    "Name another file, or remove this one: someone may have edited it.",
  );
}
