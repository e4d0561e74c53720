// One turn of a peer of the suite prepare, in a process of its own. In: a peer and a job. Out: its times; an answer goes to a file.
//
//   silhouette ─▶ the command of @silhouette/cli
//   sharp      ─▶ sharp-turn.ts
//   python     ─▶ ../../peers/photographs.py
//   decoder    ─▶ decoder-turn.ts
//
// The time of a program is that of its whole process, as for whoever runs it; only our decoder times itself.

import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { BenchError } from "../measure/errors.ts";
import { installedPackage } from "../measure/installed-package.ts";
import { pythonProgram } from "../measure/python-program.ts";
import { runCommand, runTurnProcess, type Message, type TimesMessage } from "../measure/turn-process.ts";
import type { CommandPeer, PreparePeer } from "./peers.ts";

/** The work of a turn. */
export interface Job {
  /** The folder of photographs: for our command. */
  readonly folder: string;
  /** JSON file with the paths of photographs of it: for the others. */
  readonly list: string;
  /** How many there are; our decoder decodes as many, some of them more than once. */
  readonly photographs: number;
  /** `answer`: what is compared before anything is timed. */
  readonly want: "answer" | "times";
  /** File to write an answer to; our command writes a dataset in any case. */
  readonly out: string;
}

/** What the process of a program gets. */
export interface ProgramJob extends Job {
  readonly peer: string;
  readonly threads: number;
}

/** What the process of a program prints. */
export interface ProgramMessage extends Message {
  /** Of all its threads and processes, by the user and by the system. */
  readonly processorMilliseconds: number;
}

/** A turn of all photographs. */
export interface PrepareTurn extends TimesMessage, Pick<ProgramMessage, "processorMilliseconds"> {}

/** What our decoder's process prints if it is asked for its answer: sharp decodes the same files. */
export interface DecoderMessage extends ProgramMessage {
  /** Files that it decodes. */
  readonly ordinary: number;
  /** Those of them whose pixels are not sharp's. */
  readonly different: readonly string[];
}

/**
 * Runs a job to its end.
 *
 * @throws {BenchError} `NOT_INSTALLED`, with the reason as its message; `NOT_MEASURED`; and the signal's reason
 */
export async function runTurn<Result extends PrepareTurn | DecoderMessage>(
  peer: PreparePeer,
  job: Job,
  signal?: AbortSignal,
): Promise<Result> {
  const { name, program, threads } = peer;
  if (program === "silhouette") return (await runPrepare(peer, job, signal)) as Result;
  const programJob: ProgramJob = { ...job, peer: name, threads };
  // -B: leaves no compiled files beside the programs.
  const [command, flags, script] =
    program === "python"
      ? [pythonProgram(), ["-B"], new URL("../../peers/photographs.py", import.meta.url)]
      : [process.execPath, [], new URL(`./${program}-turn.js`, import.meta.url)];
  const args = [...flags, fileURLToPath(script), JSON.stringify(programJob)];
  const begin = performance.now();
  const message = await runTurnProcess<Result>({ command, args, peer: name, threads }, signal);
  return program === "decoder" ? message : { ...message, ...singleCall(performance.now() - begin) };
}

/** `silhouette prepare`, which writes its dataset anew. */
async function runPrepare(peer: CommandPeer, { folder, out }: Job, signal?: AbortSignal): Promise<PrepareTurn> {
  const { name, options, threads } = peer;
  const usage = `${out}.usage.json`;
  const preload = new URL("./usage-at-exit.js", import.meta.url);
  preload.searchParams.set("file", usage);
  const [script, version] = ourCommand();
  const args = ["--import", preload.href, script, "prepare", folder, "--out", out, ...options];
  await rm(out, { force: true });
  const begin = performance.now();
  await runCommand({ command: process.execPath, args, peer: name, threads }, signal);
  const times = singleCall(performance.now() - begin);
  // usage-at-exit.ts writes exactly this.
  const used = JSON.parse(await readFile(usage, "utf8")) as Pick<PrepareTurn, "processorMilliseconds" | "peakBytes">;
  return { versions: { "@silhouette/cli": version }, ...used, ...times };
}

function singleCall(milliseconds: number): Pick<PrepareTurn, "medianMilliseconds" | "bestMilliseconds" | "samples"> {
  return { medianMilliseconds: milliseconds, bestMilliseconds: milliseconds, samples: 1 };
}

/** Our command and its version. It is none of our dependencies, since it depends on us. @throws {BenchError} `NOT_INSTALLED` */
function ourCommand(): readonly [script: string, version: string] {
  const installed = installedPackage("@silhouette/cli");
  if (installed === undefined) {
    const expected = "Expected @silhouette/cli beside @silhouette/bench, but it is not installed";
    throw new BenchError("NOT_INSTALLED", expected, "Install it: npm install @silhouette/cli");
  }
  return [join(installed.folder, "bin", "silhouette.js"), installed.version];
}
