// Compares two results of one suite: what changed beyond noise. In: results. Out: rows, and their text.

import { machineText, milliseconds } from "../measure/report-words.ts";
import type { PeerTiming } from "../measure/peer-rounds.ts";
import type { Group, TrainingResult } from "./result.ts";
import type { NetworkName } from "./built-in-networks.ts";
import { textTable, type Column } from "../measure/table.ts";
import { partialText } from "../measure/result.ts";
import { BenchError } from "../measure/errors.ts";

/** `noise`: the rounds of both runs overlap. */
export type Change = "faster" | "slower" | "noise";

/** A peer in both runs. */
export interface Comparison {
  /** Of the peer. */
  readonly name: string;
  /** Of the group. */
  readonly network: NetworkName;
  /** Threads that it may use. */
  readonly threads: number;
  /** Pictures per call. */
  readonly batch: number;
  /** In the first result. */
  readonly before: PeerTiming;
  /** In the second result. */
  readonly after: PeerTiming;
  /** Median after, relative to before. */
  readonly ratio: number;
  /** What happened. */
  readonly change: Change;
}

/**
 * Every peer that both results have with the same network, threads and batch. It has changed if all rounds of one run were faster
 * than all rounds of the other: with five rounds each, chance does that once in 126 times (Mann and Whitney 1947).
 *
 * @throws {BenchError} `RESULT_SUITE` for results of different suites; `RESULT_PARTIAL` for one that is not complete
 */
export function compare(before: TrainingResult, after: TrainingResult): readonly Comparison[] {
  checkComplete(before);
  checkComplete(after);
  if (before.suite !== after.suite) {
    throw new BenchError(
      "RESULT_SUITE",
      `Expected two results of one suite, but received one of ${before.suite} and one of ${after.suite}`,
      "Name two JSON files of the same suite.",
    );
  }
  return after.groups.flatMap((group) => {
    const { network, threads, batch, peers } = group;
    const earlier = before.groups.find((each) => isSame(each, group));
    return peers.flatMap((peer): readonly Comparison[] => {
      const then = earlier?.peers.find(({ name }) => name === peer.name);
      if (then === undefined) return [];
      const ratio = peer.medianMilliseconds / then.medianMilliseconds;
      const change = changeOf(then, peer);
      return [{ name: peer.name, network, threads, batch, before: then, after: peer, ratio, change }];
    });
  });
}

function isSame(one: Group, other: Group): boolean {
  return one.network === other.network && one.threads === other.threads && one.batch === other.batch;
}

/** Of peers with fewer rounds, chance makes changes. */
function checkComplete(result: TrainingResult): void {
  if (result.complete) return;
  throw new BenchError(
    "RESULT_PARTIAL",
    `Expected two complete results, but received one of ${result.machine.day}. ${partialText(result)}`,
    `Measure it to its end: ${result.command}`,
  );
}

function changeOf(before: PeerTiming, after: PeerTiming): Change {
  if (after.highestRoundMilliseconds < before.lowestRoundMilliseconds) return "faster";
  if (after.lowestRoundMilliseconds > before.highestRoundMilliseconds) return "slower";
  return "noise";
}

const COLUMNS: readonly Column<Comparison>[] = [
  { title: "peer", align: "left", text: ({ name }) => name },
  { title: "network", align: "left", text: ({ network }) => network },
  { title: "threads", align: "right", text: ({ threads }) => String(threads) },
  { title: "batch", align: "right", text: ({ batch }) => String(batch) },
  { title: "before", align: "right", text: ({ before }) => range(before) },
  { title: "after", align: "right", text: ({ after }) => range(after) },
  { title: "ratio", align: "right", text: ({ ratio }) => ratio.toFixed(3) },
  { title: "change", align: "left", text: ({ change }) => (change === "noise" ? "within noise" : change) },
];

/** Both runs, and a row for each peer. */
export function comparisonText(before: TrainingResult, after: TrainingResult): string {
  const rows = compare(before, after);
  const isSameMachine =
    before.machine.processor === after.machine.processor && before.machine.system === after.machine.system;
  return [
    `before\n${machineText(before.machine, before.command)}`,
    `\nafter\n${machineText(after.machine, after.command)}`,
    ...(isSameMachine ? [] : ["\nThese are different machines: compare ratios within each run instead."]),
    "\nMilliseconds per picture: median (lowest..highest of the rounds' medians)",
    ...textTable(COLUMNS, rows),
    ...(rows.length === 0 ? ["No peer is in both results with the same network, threads and batch."] : []),
  ].join("\n");
}

function range({ medianMilliseconds, lowestRoundMilliseconds, highestRoundMilliseconds }: PeerTiming): string {
  return `${milliseconds(medianMilliseconds)} (${milliseconds(lowestRoundMilliseconds)}..${milliseconds(highestRoundMilliseconds)})`;
}
