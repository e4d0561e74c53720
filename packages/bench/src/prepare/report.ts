// A result of the suite prepare as text for terminals and as Markdown. In: a result. Out: lines.

import { gigabytes } from "../measure/peer-table.ts";
import { headLines, measuredOn, milliseconds, notWholeMarkdown } from "../measure/report-words.ts";
import { markdownTable, textTable, type Column } from "../measure/table.ts";
import { preparePeers } from "./peers.ts";
import type { Photographs, PreparePeerTiming, PrepareResult } from "./result.ts";

/** What is measured. */
export const PREPARE_TITLE = "A folder of photographs to a dataset";

const LEGEND = `${PREPARE_TITLE}: photographs per second
silhouette: silhouette prepare --recipe article --no-thumbnails, with thumbnails: silhouette prepare; both write their dataset.
OpenCV: imread as gray, resize to 300 x 300 by INTER_AREA, Otsu's threshold, in processes of one thread; sharp: gray, resize to 300 x 300, Otsu's
threshold by our preprocessor, and with Preprocessor: all that follows decoding by it. They keep thresholds, and write nothing.
Peers take turns. The time of a turn is that of the whole process, with its start; but silhouette's JPEG kernels only decode, in as many threads as
there are cores, from files in memory to pixels, and their start is not timed.
per second: of the median turn, with the lowest..highest beside it. best: the fastest turn. processor: milliseconds of all threads and processes per
photograph. memory: largest resident set of a process. Verified before timing, for each distinct photograph: equal thresholds, their mean difference
from ours in gray levels, and equal pixels; the pixels of silhouette's JPEG kernels are those of sharp, byte for byte.`;

const COLUMNS: readonly Column<PreparePeerTiming>[] = [
  { title: "peer", align: "left", text: ({ name }) => name },
  { title: "per second", align: "right", text: ({ medianMilliseconds }) => rate(medianMilliseconds) },
  { title: "best", align: "right", text: ({ bestMilliseconds }) => rate(bestMilliseconds) },
  {
    title: "turns",
    align: "right",
    text: ({ lowestRoundMilliseconds: lowest, highestRoundMilliseconds: highest }) =>
      `${rate(highest)}..${rate(lowest)}`,
  },
  { title: "processor", align: "right", text: (peer) => milliseconds(peer.processorMilliseconds) },
  { title: "memory", align: "right", text: ({ peakBytes }) => gigabytes(peakBytes) },
  {
    title: "thresholds",
    align: "right",
    text: ({ distance }) => (distance === null ? "" : percent(distance.equalThresholds)),
  },
  { title: "levels", align: "right", text: ({ distance }) => distance?.levels.toFixed(2) ?? "" },
  {
    title: "pixels",
    align: "right",
    text: ({ distance }) => (typeof distance?.agreement === "number" ? percent(distance.agreement) : ""),
  },
];

/** The text above the table. */
export function prepareHeadText(result: PrepareResult): string {
  return [...headLines(result), LEGEND].join("\n");
}

/** The table. */
export function prepareText({ rounds, photographs, peers, machine }: PrepareResult): string {
  const turns = rounds === 1 ? "1 turn each" : `${rounds} turns each`;
  const lines = textTable(COLUMNS, peers);
  return [`${photographsText(photographs)}; ${turns}`, "", ...lines, "", ...rateLines(peers, machine.processors)]
    .join("\n")
    .trimEnd();
}

/** The text below the table. */
export function prepareEndText(result: PrepareResult): string {
  const { missing, invalid } = result;
  return [
    ...memoryLines(result).map((line) => `\n${line}`),
    ...missing.map(({ name, reason }) => `\nNot measured: ${name}: ${reason}`),
    ...(invalid === null ? [] : [`\nInvalid: ${invalid}.`]),
  ].join("\n");
}

/** The result as Markdown. */
export function prepareMarkdown(result: PrepareResult): string {
  const { peers, rounds, photographs, machine, command, missing, invalid } = result;
  const facts = `${PREPARE_TITLE}: ${photographsText(photographs)}; median and best of ${rounds} turns; ${measuredOn(machine, command)}`;
  const notes = [
    ...rateLines(peers, machine.processors),
    ...memoryLines(result),
    ...missing.map(({ name, reason }) => `Not measured: ${name}: ${reason}`),
    ...(invalid === null ? [] : [`Invalid: ${invalid}.`]),
  ];
  const paragraphs = [markdownTable(COLUMNS, peers), [facts], notes.map((line) => `- ${line}`)];
  return `${notWholeMarkdown(result)}${paragraphs.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** `20,060 photographs, 1,180 of them distinct, of 66,540 pixels and 20.2 KB on average`. */
export function photographsText({ count, distinct, ordinary, meanPixels, meanBytes }: Photographs): string {
  const whole = (value: number): string => Math.round(value).toLocaleString("en");
  const own = ordinary === null ? "" : `, ${whole(ordinary)} of these ordinary JPEG files`;
  const size = `${whole(meanPixels)} pixels and ${(meanBytes / 1e3).toFixed(1)} KB on average`;
  return `${whole(count)} photographs, ${whole(distinct)} distinct${own}; ${size}`;
}

/** Our rate relative to every other row's, by the median and the best turns, what we aim for, and our processor time relative to theirs. */
function rateLines([ours, ...others]: readonly PreparePeerTiming[], cores: number): readonly string[] {
  if (ours === undefined) return [];
  const peers = preparePeers(cores);
  return others.map((other) => {
    const ofMedians = other.medianMilliseconds / ours.medianMilliseconds;
    const ofBest = other.bestMilliseconds / ours.bestMilliseconds;
    const processor = ours.processorMilliseconds / other.processorMilliseconds;
    const aim = peers.find(({ name }) => name === other.name)?.aim;
    const aimed = aim === undefined ? "" : `; our aim is ${aim.toFixed(2)}`;
    const rates = `${ofMedians.toFixed(2)}, best turns ${ofBest.toFixed(2)}${aimed}`;
    return `${ours.name}'s rate relative to that of ${other.name}: ${rates}; processor time ${processor.toFixed(2)} times`;
  });
}

/** The memory of our command, with few photographs and with all. */
function memoryLines({ memory, peers: [ours] }: PrepareResult): readonly string[] {
  const [few, all] = memory;
  if (few === undefined || all === undefined || ours === undefined) return [];
  const text = ({ photographs, peakBytes }: typeof few): string =>
    `${gigabytes(peakBytes)} with ${photographs.toLocaleString("en")} photographs`;
  return [`${ours.name}'s largest resident set: ${text(few)}, ${text(all)}`];
}

/** Photographs per second. */
function rate(millisecondsPerPhotograph: number): string {
  return (1000 / millisecondsPerPhotograph).toFixed(0);
}

/** Truncated, not rounded: only full agreement is 100 %. */
function percent(share: number): string {
  return `${(Math.floor(share * 10_000) / 100).toFixed(2)} %`;
}
