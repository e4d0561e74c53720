// The command line of the benchmarks: arguments in, tables or JSON on standard output, an exit code.
// 0 measured; 1 a peer failed or answered wrongly; 2 the command line asks for something unknown.

import path from "node:path";
import { parseArgs } from "node:util";

import { BenchError } from "./errors.ts";
import { describeMachine } from "./machine.ts";
import { runPreprocessSuite, type CaseReport, type Thoroughness } from "./preprocess.ts";
import { caseText, LEGEND, machineText } from "./report.ts";

const SUITES: ReadonlyMap<string, (thoroughness: Thoroughness) => AsyncGenerator<CaseReport>> = new Map([
  ["preprocess", runPreprocessSuite],
]);

const FLAGS = {
  json: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const HELP = `Usage: node packages/bench/dist/main.js <suite> [--json] [--quick]

Checks that all peers give the right answers, then times them in turns.

Suites:
  preprocess  a picture to gray, resized, Otsu's threshold, 1 bit a pixel: ours, plain JavaScript, sharp

Flags:
  --json      print one JSON object instead of tables
  --quick     one short round, to see that everything runs and the answers agree; its times say little
  --help      print this`;

interface Request {
  readonly suite: string;
  readonly json: boolean;
  readonly thoroughness: Thoroughness;
}

async function main(words: readonly string[]): Promise<void> {
  const request = parseRequest(words);
  if (request === "help") {
    console.log(HELP);
  } else {
    await measure(request, commandOf(words));
  }
}

async function measure({ suite, json, thoroughness }: Request, command: string): Promise<void> {
  const run = SUITES.get(suite);
  if (run === undefined) throw unknownArguments([suite]);
  const machine = describeMachine();
  if (!json) console.log(`${machineText(machine, command)}\n\n${LEGEND}`);
  const cases: CaseReport[] = [];
  for await (const report of run(thoroughness)) {
    cases.push(report);
    if (!json) console.log(`\n${caseText(report)}`);
  }
  if (json) console.log(JSON.stringify({ suite, thoroughness, command, machine, cases }));
}

/** @throws {BenchError} `INVALID_ARGUMENT` */
function parseRequest(words: readonly string[]): Request | "help" {
  const { positionals, values } = parseWords(words);
  if (values.help) return "help";
  const [suite] = positionals;
  if (suite === undefined || positionals.length > 1) throw unknownArguments(words);
  return { suite, json: values.json, thoroughness: values.quick ? "quick" : "full" };
}

function parseWords(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: FLAGS, allowPositionals: true });
  } catch {
    throw unknownArguments(words);
  }
}

function unknownArguments(words: readonly string[]): BenchError {
  const suites = [...SUITES.keys()].join(", ");
  const flags = Object.keys(FLAGS).map((flag) => `--${flag}`);
  return new BenchError(
    "INVALID_ARGUMENT",
    `Expected one suite (${suites}) and flags of ${flags.join(", ")}, but received ${words.join(" ") || "nothing"}`,
  );
}

/** The command that repeats this run from the folder it runs in. */
function commandOf(words: readonly string[]): string {
  const script = path.relative(process.cwd(), process.argv[1] ?? "");
  return ["node", ...process.execArgv, script, ...words].join(" ");
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BenchError)) throw error;
  console.error(error.message);
  process.exitCode = error.code === "INVALID_ARGUMENT" ? 2 : 1;
}
