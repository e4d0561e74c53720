// What a run of a training suite came to, as its JSON file keeps it.

import { readFile } from "node:fs/promises";

import { BenchError } from "../measure/errors.ts";
import type { MissingPeer } from "../measure/missing-peer.ts";
import type { Thoroughness } from "../measure/thoroughness.ts";
import type { Machine } from "../measure/machine.ts";
import type { RoundSettings, Timing } from "../measure/rounds.ts";
import type { Operation, TrainingSuite } from "./turn.ts";

/** Grows when a file of the new kind cannot be read as one of the old. */
export const RESULT_FORMAT = 1;

/** A run. */
export interface TrainingResult {
  /** Of the file. */
  readonly format: typeof RESULT_FORMAT;
  /** What was measured. */
  readonly suite: TrainingSuite;
  /** How long. */
  readonly thoroughness: Thoroughness;
  /** The command that repeats it. */
  readonly command: string;
  /** What it ran on. */
  readonly machine: Machine;
  /** How long each turn was. */
  readonly settings: RoundSettings;
  /** Floating-point operations of a picture, as direct convolutions count them; 0 where nothing is multiplied. */
  readonly flopsAPicture: number;
  /** One for each number of threads and each batch. */
  readonly groups: readonly Group[];
  /** Where the time of a step goes, by peer. */
  readonly operations: readonly StepProfile[];
  /** Peers that this machine lacks, or that lack memory for a batch. */
  readonly missing: readonly MissingPeer[];
  /** Where and why figures count for nothing, if some do. */
  readonly void: string | null;
}

/** All peers with the same threads and batch. */
export interface Group {
  /** Threads that each may use. */
  readonly threads: number;
  /** Pictures a call. */
  readonly batch: number;
  /** What the register tile of our kernels reached in the same rounds, on all threads together: GFLOP/s, at its best. */
  readonly tileGigaflops: number;
  /** The same by the median of the rounds' medians; older results do not have it. */
  readonly tileMedianGigaflops?: number;
  /** Ours first. */
  readonly peers: readonly PeerTiming[];
}

/** A peer in a group. Times are milliseconds a picture. */
export interface PeerTiming extends Timing {
  /** Threads that it used: fewer than the group's, if it cannot use as many. */
  readonly threads: number;
  /** Largest resident set of a process, in bytes. */
  readonly peakBytes: number;
  /** How far its answer is from ours: losses as a share of the first one, or probabilities; 0 for the same. */
  readonly deviation: number;
  /** What it computed with, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

/** One step of a peer. */
export interface StepProfile {
  /** Of the peer. */
  readonly name: string;
  /** Threads that it used. */
  readonly threads: number;
  /** Pictures of the step. */
  readonly batch: number;
  /** Milliseconds a picture, the longest first. */
  readonly operations: readonly Operation[];
}

/**
 * Reads a result.
 *
 * @throws {BenchError} `NOT_A_RESULT`
 */
export async function readResult(path: string): Promise<TrainingResult> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw notAResult(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
  const { format, groups } = (content ?? {}) as Partial<Record<keyof TrainingResult, unknown>>;
  if (format !== RESULT_FORMAT || !Array.isArray(groups)) {
    throw notAResult(path, `its format is ${JSON.stringify(format) ?? "missing"}, not ${RESULT_FORMAT}`);
  }
  // Written by this package, in this format.
  return content as TrainingResult;
}

function notAResult(path: string, reason: string, cause?: unknown): BenchError {
  return new BenchError("NOT_A_RESULT", `Expected the JSON file of a training benchmark at ${path}, but ${reason}`, {
    cause,
  });
}
