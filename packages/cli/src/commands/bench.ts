// `silhouette bench`: how fast silhouette is beside others, on this machine.

import type { BenchErrorCode, Suite } from "@silhouette/bench";
import { Argument, Command, InvalidArgumentError } from "commander";

import { Failed } from "../outcome/failed.ts";
import type { Report } from "../report/events.ts";
import { EXIT } from "../outcome/exit-codes.ts";
import { Stopped } from "../outcome/stopped.ts";

/** The suites of `@silhouette/bench`, which is loaded when one of them is asked for. */
const SUITES = ["preprocess", "train", "predict", "load", "convolutions"] as const satisfies readonly Suite[];

/** Where results go, if nothing else is said. */
const OUT = "bench-results";

/** What the parser makes of the command line. */
interface BenchFlags {
  readonly quick?: boolean;
  readonly batch?: readonly number[];
  readonly threads?: readonly number[];
  readonly out: string;
  readonly compare?: readonly string[];
}

/** The command. It tells `report` what it finds; `signal` stops it. */
export function benchCommand(report: Report, signal: AbortSignal): Command {
  return new Command("bench")
    .summary("measure this machine beside other libraries")
    .description(
      "Checks that all peers give the right answers, then times them in turns: preprocess (a picture to black and white), " +
        "train (a step of the reference network), predict (its answers), load (pictures for a step), convolutions (layer " +
        "by layer, by the kernels that the backend chooses and by direct ones). Peers are the ones that are installed: " +
        "TensorFlow.js, opencv-js, @napi-rs/image, jimp, and by the Python named in SILHOUETTE_PYTHON (default: python3) " +
        "PyTorch, Keras and OpenCV. The folder of results gets a JSON file, a table and a chart.",
    )
    .addArgument(new Argument("[SUITE]", "what to measure").choices(SUITES))
    .option("--batch <N,...>", "pictures a call, of train, predict and load (default: 8,32,50)", parseCounts)
    .option("--threads <N,...>", "threads, of train, predict and load (default: 1,2)", parseCounts)
    .option("--out <FOLDER>", "folder for results", OUT)
    .option("--quick", "one short round, to see that all peers run and agree; its times say little")
    .option("--compare <FILE.json...>", "say what changed beyond noise from the first result to the second")
    .option("--json", "one JSON event a line on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  silhouette bench train --batch 32 --threads 2\n" +
        "  silhouette bench --compare before/train.json after/train.json",
    )
    .action(async (suite: Suite | undefined, flags: BenchFlags, command: Command) => {
      const { compare, quick, batch, threads, out } = flags;
      if ((suite === undefined) === (compare === undefined) || (compare !== undefined && compare.length !== 2)) {
        command.error(`error: expected a suite (${SUITES.join(", ")}), or --compare with two files`);
      }
      const bench = await loadBench();
      let hasFiles = false;
      try {
        const [before, after] = compare ?? [];
        if (before !== undefined && after !== undefined) {
          const results = [await bench.readResult(before), await bench.readResult(after)] as const;
          report({ type: "benchText", text: bench.comparisonText(...results) });
          report({ type: "done", command: "bench", comparisons: bench.compare(...results) });
        } else if (suite !== undefined) {
          const result = await bench.benchmark({
            suite,
            out,
            command: commandOf(suite, flags),
            quick: quick === true,
            ...(batch && { batches: batch }),
            ...(threads && { threads }),
            signal,
            onText: (text) => report({ type: "benchText", text }),
            onFiles: () => (hasFiles = true),
            onTurn: (turn) => report({ type: "benchTurn", ...turn }),
          });
          report({ type: "done", command: "bench", result, out });
        }
      } catch (error) {
        if (error instanceof Stopped && hasFiles) error.hint = `What was measured before is in ${out}.`;
        if (!(error instanceof bench.BenchError)) throw error;
        const { code, message } = error;
        const { hint, exitCode } = REMEDIES[code];
        throw new Failed({ code, message, hint, exitCode, cause: error });
      }
    });
}

/** The command that measures the same; where results go is no part of it. */
function commandOf(suite: string, { quick, batch, threads }: BenchFlags): string {
  return [
    `silhouette bench ${suite}`,
    ...(batch === undefined ? [] : [`--batch ${batch.join(",")}`]),
    ...(threads === undefined ? [] : [`--threads ${threads.join(",")}`]),
    ...(quick === true ? ["--quick"] : []),
  ].join(" ");
}

/** What is to be done, and how the process ends. */
const REMEDIES: Readonly<Record<BenchErrorCode, { readonly hint: string; readonly exitCode: number }>> = {
  ANSWERS_DIFFER: { hint: "Please report it, with the versions of the peer.", exitCode: EXIT.defect },
  NOT_MEASURED: { hint: "Try a smaller --batch, or close other programs.", exitCode: EXIT.input },
  OUT_OF_MEMORY: { hint: "Try a smaller --batch.", exitCode: EXIT.input },
  NOT_INSTALLED: { hint: "Install it, and run this again.", exitCode: EXIT.input },
  NOT_A_RESULT: { hint: "Name two JSON files that silhouette bench has written, of one suite.", exitCode: EXIT.input },
};

/** @throws {Failed} where it is not installed: nothing else needs it */
async function loadBench() {
  try {
    return await import("@silhouette/bench");
  } catch (cause) {
    throw new Failed({
      code: "BENCH_UNAVAILABLE",
      message: `Expected to load @silhouette/bench, but that failed: ${String(cause)}`,
      hint: "Install it: npm install @silhouette/bench",
      exitCode: EXIT.input,
      cause,
    });
  }
}

/** Whole numbers of 1 or more. */
function parseCounts(text: string): readonly number[] {
  const counts = text.split(",").map((each) => (/^\d{1,4}$/.test(each.trim()) ? Number(each) : 0));
  if (counts.includes(0)) throw new InvalidArgumentError("Expected whole numbers of 1 or more, like 8,32,50.");
  return [...new Set(counts)];
}
