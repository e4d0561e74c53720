// A result of a training suite as text for terminals and as Markdown for a README. In: a result. Out: lines.

import { COST_COLUMNS, gigabytes, peerLines, timeColumns } from "../measure/peer-table.ts";
import { networkTitle, type NetworkName } from "./built-in-networks.ts";
import { augmentationLines, batchLines, groupName, scalingLines } from "./ratios.ts";
import {
  bestAndMedian,
  gigaflops,
  headLines,
  measuredOn,
  notWholeMarkdown,
  milliseconds,
  ratio,
} from "../measure/report-words.ts";
import type { PeerTiming } from "../measure/peer-rounds.ts";
import type { Group, StepProfile, TrainingResult } from "./result.ts";
import { markdownTable, textTable, type Column } from "../measure/table.ts";
import type { TrainingSuite } from "./turn.ts";

/** What a call does, by suite. */
const CALLS: Readonly<Record<TrainingSuite, string>> = {
  train: "A training step",
  predict: "Predictions",
  load: "Packed pictures of a dataset as a tensor for a step",
};

/** What is measured of `networks`, or of those that each group names. */
export function titleOf(suite: TrainingSuite, networks: readonly NetworkName[] = []): string {
  const names = networks.map((name) => `the ${networkTitle(name)}`).join(" and ");
  return `${CALLS[suite]}${names === "" ? "" : ` of ${names}`}: milliseconds per picture`;
}

const LEGEND = `All peers take turns, each turn in a process of its own; all answers were verified first.
median: the median of the rounds' medians, with their lowest..highest beside it. best: the fastest call.
ratio: median relative to the first row's. GFLOP/s: best / median, counted as direct convolutions; of tile: share of the best
that the register tile of our kernels reached in the same rounds with as many threads. memory: largest resident set.
deviation: of the answer from ours (relative for losses, absolute for probabilities, 0 for identical bytes).`;

/** The text above the tables. */
export function headText(result: TrainingResult): string {
  return [...headLines(result), titleOf(result.suite), LEGEND].join("\n");
}

/** A group's title and table. */
export function groupText(group: Group): string {
  const { peers, tileGigaflops, flopsPerPicture } = group;
  const columns: readonly Column<PeerTiming>[] = [
    ...timeColumns(group),
    ...(flopsPerPicture > 0
      ? ([
          {
            title: "GFLOP/s",
            align: "right",
            text: (peer) => bestAndMedian(peer, (time) => gigaflops(time, flopsPerPicture).toFixed(1)),
          },
          {
            title: "of tile",
            align: "right",
            text: (peer) =>
              `${bestAndMedian(peer, (time) => ((100 * gigaflops(time, flopsPerPicture)) / tileGigaflops).toFixed(0))} %`,
          },
        ] satisfies readonly Column<PeerTiming>[])
      : []),
    ...COST_COLUMNS,
  ];
  const tile = `register tile ${tileGigaflops.toFixed(1)} GFLOP/s`;
  return [`${groupName(group)}; ${tile}`, "", ...textTable(columns, peers), "", ...peerLines(group)]
    .join("\n")
    .trimEnd();
}

/** The text below the tables. */
export function endText(result: TrainingResult): string {
  const { groups, operations, missing, invalid } = result;
  const isLargest = ({ network, batch }: StepProfile): boolean =>
    operations.every((other) => other.network !== network || other.batch <= batch);
  const names = groups[0]?.peers.map(({ name }) => name) ?? [];
  const silent = operations.length > 0 ? names.filter((each) => operations.every(({ name }) => name !== each)) : [];
  const relations = relationLines(result);
  return [
    ...(relations.length > 0 ? ["", ...relations] : []),
    ...operations.filter(isLargest).map((profile) => `\n${profileText(profile, groups)}`),
    ...(silent.length > 0 ? [`\nNo profile of single operations: ${silent.join(", ")}`] : []),
    ...missing.map(({ name, reason: why }) => `\nNot measured: ${name}: ${why}`),
    ...(invalid === null ? [] : [`\nInvalid: ${invalid}.`]),
  ].join("\n");
}

/** A profile's table, with its sum beside the step's time: of the same step, and in the turns. */
function profileText(profile: StepProfile, groups: readonly Group[]): string {
  const { name, operations, operationsMilliseconds, stepMilliseconds } = profile;
  const columns: readonly Column<StepProfile["operations"][number]>[] = [
    { title: "operation", align: "left", text: (operation) => operation.name },
    { title: "ms per picture", align: "right", text: (operation) => milliseconds(operation.milliseconds) },
  ];
  const others = operationsMilliseconds - operations.reduce((sum, operation) => sum + operation.milliseconds, 0);
  const timed = groups
    .filter((group) => groupName(group) === groupName(profile))
    .flatMap(({ peers }) => peers.filter((peer) => peer.name === name))
    .map((peer) => `; best / median in the turns: ${bestAndMedian(peer, milliseconds)}`);
  return [
    `Where the time of a warmed-up step goes, by the library's profiler: ${name}, ${groupName(profile)}`,
    ...textTable(columns, [...operations, { name: "all others", milliseconds: others }]),
    `sum ${milliseconds(operationsMilliseconds)} of ${milliseconds(stepMilliseconds)} ms per picture in this step${timed.join("")}`,
  ].join("\n");
}

/** Silhouette relative to more threads, to other batches and to augmentation. */
function relationLines({ groups }: TrainingResult): readonly string[] {
  // The register tile is no reference where nothing is multiplied.
  const multiplying = groups.filter(({ flopsPerPicture }) => flopsPerPicture > 0);
  return [...scalingLines(multiplying), ...batchLines(groups), ...augmentationLines(groups)];
}

/** The row of a peer with some number of threads. */
interface SummaryRow {
  readonly name: string;
  readonly threads: number;
  readonly byBatch: ReadonlyMap<number, PeerTiming>;
}

/** The result as Markdown for a README: tables of each network, and how it was measured. */
export function trainingMarkdown(result: TrainingResult): string {
  const { groups, machine, command, missing, settings } = result;
  const absent = missing.length > 0 ? ` Not measured: ${missing.map(({ name }) => name).join(", ")}.` : "";
  const reason = result.invalid === null ? "" : ` Invalid: ${result.invalid}.`;
  const paragraphs = [
    ...[...new Set(groups.map(({ network }) => network))].flatMap((name) => {
      const own = groups.filter(({ network }) => network === name);
      const ours = `${own[0]?.peers[0]?.name ?? ""}'s time and memory relative to each peer's`;
      return [
        timesTable(own),
        [`${titleOf(result.suite, [name])}, best / median of ${settings.rounds} rounds.`],
        relativeTable(own),
        [`${ours}: best times, and memory with batch ${batchesOf(own).at(-1)}.`],
      ];
    }),
    [`Measured on ${measuredOn(machine, command)}${absent}${reason}`],
    relationLines(result).map((line) => `- ${line}`),
  ];
  return `${notWholeMarkdown(result)}${paragraphs.flatMap((lines) => (lines.length > 0 ? [lines.join("\n")] : [])).join("\n\n")}\n`;
}

function batchesOf(groups: readonly Group[]): readonly number[] {
  return [...new Set(groups.map(({ batch }) => batch))];
}

/** Best and median times of a network per batch. */
function timesTable(groups: readonly Group[]): readonly string[] {
  const batches = batchesOf(groups);
  const flopsPerPicture = groups[0]?.flopsPerPicture ?? 0;
  const threads = [...new Set(groups.map((group) => group.threads))];
  const rows = threads.flatMap((count) => rowsOf(groups.filter((group) => group.threads === count)));
  const last = batches.at(-1) ?? 0;
  const ofLast = ({ byBatch }: SummaryRow, show: (peer: PeerTiming) => string): string => {
    const peer = byBatch.get(last);
    return peer === undefined ? "" : show(peer);
  };
  const columns: readonly Column<SummaryRow>[] = [
    { title: "peer", align: "left", text: ({ name }) => name },
    { title: "threads", align: "right", text: (row) => String(row.threads) },
    ...batches.map((batch): Column<SummaryRow> => {
      const show = (peer: PeerTiming | undefined): string =>
        peer === undefined ? "" : bestAndMedian(peer, milliseconds);
      return { title: `batch ${batch}`, align: "right", text: ({ byBatch }) => show(byBatch.get(batch)) };
    }),
    ...(flopsPerPicture > 0
      ? ([
          {
            title: "GFLOP/s",
            align: "right",
            text: (row) => ofLast(row, (peer) => gigaflops(peer.medianMilliseconds, flopsPerPicture).toFixed(0)),
          },
        ] satisfies readonly Column<SummaryRow>[])
      : []),
    { title: "memory", align: "right", text: (row) => ofLast(row, ({ peakBytes }) => gigabytes(peakBytes)) },
  ];
  return markdownTable(columns, rows);
}

/** Our time and memory with a network relative to each other row's. */
function relativeTable(groups: readonly Group[]): readonly string[] {
  const batches = batchesOf(groups);
  const ours = groups[0]?.peers[0]?.name ?? "";
  const rows = [...new Set(groups.map(({ threads }) => threads))].flatMap((count) =>
    rowsOf(groups.filter(({ threads }) => threads === count)).filter(({ name }) => name !== ours),
  );
  const relative = ({ threads, byBatch }: SummaryRow, batch: number, valueOf: (peer: PeerTiming) => number): string => {
    const peer = byBatch.get(batch);
    const [first] = groups.find((group) => group.threads === threads && group.batch === batch)?.peers ?? [];
    return peer === undefined || first === undefined ? "" : ratio(valueOf(first), valueOf(peer));
  };
  const columns: readonly Column<SummaryRow>[] = [
    { title: `${ours} relative to`, align: "left", text: ({ name }) => name },
    { title: "threads", align: "right", text: (row) => String(row.threads) },
    ...batches.map((batch): Column<SummaryRow> => {
      const text = (row: SummaryRow): string => relative(row, batch, ({ bestMilliseconds }) => bestMilliseconds);
      return { title: `batch ${batch}`, align: "right", text };
    }),
    {
      title: "memory",
      align: "right",
      text: (row) => relative(row, batches.at(-1) ?? 0, ({ peakBytes }) => peakBytes),
    },
  ];
  return markdownTable(columns, rows);
}

function rowsOf(groups: readonly Group[]): readonly SummaryRow[] {
  const rows = new Map<string, SummaryRow & { readonly byBatch: Map<number, PeerTiming> }>();
  for (const { threads, batch, peers } of groups) {
    for (const peer of peers) {
      // No row for more threads than it can use.
      if (peer.threads !== threads) continue;
      const row = rows.get(peer.name) ?? { name: peer.name, threads, byBatch: new Map<number, PeerTiming>() };
      rows.set(peer.name, row);
      row.byBatch.set(batch, peer);
    }
  }
  return [...rows.values()];
}
