// `silhouette bench`: benchmarks silhouette against other libraries on this machine.

import type { BenchErrorCode, NetworkName, Suite } from "@silhouette/bench";
import { Argument, Command, InvalidArgumentError } from "commander";

import { Failed } from "../outcome/failed.ts";
import type { Report } from "../report/events.ts";
import { EXIT } from "../outcome/exit-codes.ts";
import { Stopped } from "../outcome/stopped.ts";

/** The suites of `@silhouette/bench`, which is loaded only to run one. */
const SUITES = [
  "preprocess",
  "prepare",
  "train",
  "predict",
  "load",
  "convolutions",
  "operations",
  "networks",
  "browsers",
] as const satisfies readonly Suite[];

/** The networks of the suites train and predict. */
const NETWORKS = ["reference", "compact"] as const satisfies readonly NetworkName[];

/** Exit codes of errors that are not about files or machines. */
const EXIT_OF: Readonly<Partial<Record<BenchErrorCode, number>>> = {
  ANSWERS_DIFFER: EXIT.defect,
  UNKNOWN_PEER: EXIT.usage,
};

/** Default folder for results. */
const OUT = "bench-results";

/** Options of the command line, parsed. */
interface BenchFlags {
  readonly quick?: boolean;
  readonly network?: readonly NetworkName[];
  readonly batch?: readonly number[];
  readonly threads?: readonly number[];
  readonly photographs?: string;
  readonly peers?: readonly string[];
  readonly out: string;
  readonly compare?: readonly string[];
  readonly page?: string;
}

/** The command, which reports to `report`; `signal` stops it. */
export function benchCommand(report: Report, signal: AbortSignal): Command {
  return new Command("bench")
    .summary("benchmark silhouette against other libraries")
    .description(
      "Checks that all peers give correct results, then times them in turns: preprocess (a picture to black and white), " +
        "prepare (a folder of photographs to a dataset), train (a step of the reference network and of the compact one), predict (their predictions), load (pictures for a step), convolutions (per " +
        "layer, with the kernels that the backend chooses and with direct ones), operations (on tensors, with TensorFlow.js' own " +
        "WASM backend), networks (MobileNetV2, ResNet-18, U-Net, an LSTM and a Transformer block in unchanged tf.layers code: " +
        "training and inference), browsers (the step in Chromium and Firefox, by playwright-core, relative to Node.js and to those " +
        "that SILHOUETTE_NODES names). Peers are those that are installed: " +
        "TensorFlow.js, opencv-js, @napi-rs/image, jimp and, in the Python named by SILHOUETTE_PYTHON (default: python3), " +
        "PyTorch, Keras and OpenCV. Writes a JSON file, a table and a chart to the folder of results.",
    )
    .addArgument(new Argument("[SUITE]", "suite to run").choices(SUITES))
    .option("--network <NAME,...>", `networks, for train and predict (default: ${NETWORKS.join(",")})`, parseNetworks)
    .option(
      "--batch <N,...>",
      "pictures per call, for train, predict, load (default: 8,32,50; compact network: 50) and browsers (default: 8,32)",
      parseCounts,
    )
    .option("--threads <N,...>", "threads, for train, predict, load, networks and browsers (default: 1,2)", parseCounts)
    .option("--photographs <FOLDER>", "photographs for prepare, one subfolder per class (default: 4,000 drawn ones)")
    .option(
      "--peers <NAME,...>",
      "peers to measure beside silhouette, by their names in the tables (default: all)",
      parseNames,
    )
    .option("--out <FOLDER>", "folder for results", OUT)
    .option("--quick", "one short round, to check that all peers run and agree; its times mean little")
    .option("--compare <FILE.json...>", "report what changed beyond noise from the first result to the second")
    .option("--page <FOLDER>", "write one page, README.md, of all results in a folder")
    .option("--json", "print one JSON event per line on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  silhouette bench train --batch 32 --threads 2\n" +
        '  silhouette bench train --peers "PyTorch,Keras"\n' +
        "  silhouette bench --compare before/train.json after/train.json\n" +
        "  silhouette bench --page bench-results",
    )
    .action(async (suite: Suite | undefined, flags: BenchFlags, command: Command) => {
      const { compare, page, quick, network, batch, threads, photographs, peers, out } = flags;
      const asked = [suite, compare, page].filter((each) => each !== undefined);
      if (asked.length !== 1 || (compare !== undefined && compare.length !== 2)) {
        command.error(`error: expected a suite (${SUITES.join(", ")}), --compare with two files, or --page`);
      }
      const bench = await loadBench();
      let hasFiles = false;
      try {
        const [before, after] = compare ?? [];
        if (before !== undefined && after !== undefined) {
          const results = [await bench.readResult(before), await bench.readResult(after)] as const;
          report({ type: "benchText", text: bench.comparisonText(...results) });
          report({ type: "done", command: "bench", comparisons: bench.compare(...results) });
        } else if (page !== undefined) {
          report({ type: "done", command: "bench", page: await bench.writeResultsPage(page) });
        } else if (suite !== undefined) {
          const result = await bench.benchmark({
            suite,
            out,
            command: commandOf(suite, flags),
            quick: quick === true,
            ...(network && { networks: network }),
            ...(batch && { batches: batch }),
            ...(threads && { threads }),
            ...(photographs !== undefined && { photographs }),
            ...(peers && { peers }),
            signal,
            onText: (text) => report({ type: "benchText", text }),
            onFiles: () => (hasFiles = true),
            onPlan: (plan) => report({ type: "benchPlan", suite, ...plan }),
            onTurn: (turn) => report({ type: "benchTurn", ...turn }),
          });
          report({ type: "done", command: "bench", result, out });
        }
      } catch (error) {
        const kept = `What was measured so far is in ${out}.`;
        if (error instanceof Stopped && hasFiles) error.hint = kept;
        if (!(error instanceof bench.BenchError)) throw error;
        const { code, message, hint } = error;
        const exitCode = EXIT_OF[code] ?? EXIT.input;
        throw new Failed({ code, message, hint: hasFiles ? `${hint} ${kept}` : hint, exitCode, cause: error });
      }
    });
}

/** The command that repeats the measurement, without the folder of results. */
function commandOf(suite: string, { quick, network, batch, threads, photographs, peers }: BenchFlags): string {
  return [
    `silhouette bench ${suite}`,
    ...(network === undefined ? [] : [`--network ${network.join(",")}`]),
    ...(batch === undefined ? [] : [`--batch ${batch.join(",")}`]),
    ...(threads === undefined ? [] : [`--threads ${threads.join(",")}`]),
    ...(photographs === undefined ? [] : [`--photographs "${photographs}"`]),
    // In quotes that all shells know: names have spaces, @ and apostrophes.
    ...(peers === undefined ? [] : [`--peers "${peers.join(",")}"`]),
    ...(quick === true ? ["--quick"] : []),
  ].join(" ");
}

/** Loads the package, which no other command needs. @throws {Failed} `BENCH_UNAVAILABLE` if it is not installed */
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

/** Names of networks. */
function parseNetworks(text: string): readonly NetworkName[] {
  const names = text.split(",").map((each) => each.trim());
  const found = NETWORKS.filter((name) => names.includes(name));
  if (found.length !== new Set(names).size)
    throw new InvalidArgumentError(`Expected ${NETWORKS.join(" or ")}, or both.`);
  return found;
}

/** Names, which the suite knows. */
function parseNames(text: string): readonly string[] {
  const names = text.split(",").map((each) => each.trim());
  if (names.includes("")) throw new InvalidArgumentError("Expected names of peers, like PyTorch,Keras.");
  return [...new Set(names)];
}

/** Integers of 1 or more. */
function parseCounts(text: string): readonly number[] {
  const counts = text.split(",").map((each) => (/^\d{1,4}$/.test(each.trim()) ? Number(each) : 0));
  if (counts.includes(0)) throw new InvalidArgumentError("Expected whole numbers of 1 or more, like 8,32,50.");
  return [...new Set(counts)];
}
