// A result of the suite "preprocess" as text for terminals and as Markdown for a README. In: a result. Out: lines.

import type { Plane } from "./histogram.ts";
import type { CaseReport, PeerReport } from "./result.ts";
import {
  bestAndMedian,
  headLines,
  measuredOn,
  milliseconds,
  relativeLines,
  notWholeMarkdown,
  ratio,
} from "../measure/report-words.ts";
import type { Timing } from "../measure/rounds.ts";
import type { PreprocessResult } from "./result.ts";
import { markdownTable, textTable, type Column } from "../measure/table.ts";

/** What is measured. */
export const PREPROCESS_TITLE = "A picture to gray, resized, to a mask of 0 and 1 by Otsu's threshold, 1 thread";

const LEGEND = `${PREPROCESS_TITLE}
All peers take turns, each in a thread or process of its own; copies in and out are timed too. Each uses its fastest equivalent
way; INTER_LINEAR and jimp are not antialiased, which is less work; @napi-rs/image and jimp do not accept gray pictures.
median ms: one call, the median of the rounds' medians, with their lowest..highest beside it. best ms: the fastest call.
ratio: median relative to the first row's. agreement: share of the mask's pixels that equal ours, verified before timing.`;

const COLUMNS: readonly Column<PeerReport>[] = [
  { title: "peer", align: "left", text: (peer) => peer.name },
  { title: "median ms", align: "right", text: (peer) => milliseconds(peer.medianMilliseconds) },
  { title: "best ms", align: "right", text: (peer) => milliseconds(peer.bestMilliseconds) },
  {
    title: "rounds' medians ms",
    align: "right",
    text: (peer) => `${milliseconds(peer.lowestRoundMilliseconds)}..${milliseconds(peer.highestRoundMilliseconds)}`,
  },
  { title: "ratio", align: "right", text: (peer) => peer.ratio.toFixed(2) },
  { title: "calls", align: "right", text: (peer) => String(peer.samples) },
  { title: "agreement", align: "right", text: (peer) => percent(peer.agreement) },
  { title: "threshold", align: "right", text: (peer) => String(peer.threshold) },
];

/** The text above the tables. */
export function preprocessHeadText(result: PreprocessResult): string {
  return [...headLines(result), LEGEND].join("\n");
}

/** A case's title and table. */
export function caseText({ name, settings, whiteShare, peers }: CaseReport): string {
  const rounds = settings.rounds === 1 ? "1 round" : `${settings.rounds} interleaved rounds`;
  const lines = textTable(COLUMNS, peers);
  return [name, `${rounds}; our mask is ${percent(whiteShare)} white`, "", ...lines, "", ...relativeLines(peers)]
    .join("\n")
    .trimEnd();
}

/** The text below the tables. */
export function preprocessEndText(result: PreprocessResult): string {
  return [
    "",
    ...factLines(result),
    ...result.missing.map(({ name, reason }) => `\nNot measured: ${name}: ${reason}`),
  ].join("\n");
}

/** The result as Markdown for a README: the first case, all cases relative to ours, and how it was measured. */
export function preprocessMarkdown(result: PreprocessResult): string {
  const { cases, command, machine, missing } = result;
  const [{ name, settings, peers } = { name: "", settings: undefined, peers: [] }] = cases;
  const columns: readonly Column<PeerReport>[] = [
    { title: "peer", align: "left", text: (peer) => peer.name },
    { title: "best ms", align: "right", text: (peer) => milliseconds(peer.bestMilliseconds) },
    { title: "median ms", align: "right", text: (peer) => milliseconds(peer.medianMilliseconds) },
    { title: "agreement", align: "right", text: (peer) => percent(peer.agreement) },
  ];
  const absent = missing.length > 0 ? ` Not measured: ${missing.map((peer) => peer.name).join(", ")}.` : "";
  const rounds = `best and median of ${settings?.rounds ?? 0} rounds`;
  const paragraphs = [
    markdownTable(columns, peers),
    [`${PREPROCESS_TITLE}, ${name}, ${rounds}; ${measuredOn(machine, command)}${absent}`],
    relativeTable(cases),
    ["Best times relative to ours, of one run. INTER_LINEAR and jimp are not antialiased."],
    factLines(result).map((line) => `- ${line}`),
  ];
  return `${notWholeMarkdown(result)}${paragraphs.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** Each peer's best times relative to ours, one column per case. */
function relativeTable(cases: readonly CaseReport[]): readonly string[] {
  const names = cases[0]?.peers.slice(1).map(({ name }) => name) ?? [];
  const columns: readonly Column<string>[] = [
    { title: "best time relative to ours", align: "left", text: (name) => name },
    ...cases.map(({ name: title, peers }): Column<string> => {
      const ours = peers[0]?.bestMilliseconds ?? Number.NaN;
      const text = (name: string): string => {
        const peer = peers.find((each) => each.name === name);
        return peer === undefined ? "" : ratio(peer.bestMilliseconds, ours);
      };
      return { title, align: "right", text };
    }),
  ];
  return markdownTable(columns, names);
}

/** Figures without a table: our histogram and pool, cold starts, sizes. */
function factLines({ cases, histograms, pools, coldStarts, binaries }: PreprocessResult): readonly string[] {
  const libraries = new Map(
    cases.flatMap(({ peers }) => peers.flatMap(({ library }) => (library ? [[library.name, library] as const] : []))),
  );
  const installed = [...libraries.values()].map(
    ({ name, version, installedBytes }) => `${name} ${version} ${(installedBytes / 1e6).toFixed(1)} MB`,
  );
  return [
    ...histogramLines(histograms),
    ...poolLines(pools),
    ...(coldStarts.length > 0 ? [`${COLD_STARTS}: ${coldStarts.map(startText).join(", ")}`] : []),
    `our kernels: ${binaries
      .map(({ name, bytes, gzippedBytes }) => `${name} ${kilobytes(bytes)}, ${kilobytes(gzippedBytes)} gzipped`)
      .join("; ")}`,
    ...(installed.length > 0 ? [`installed size with dependencies: ${installed.join(", ")}`] : []),
  ];
}

const COLD_STARTS = "cold start to the first mask in a new process, best / median ms";

function startText(timing: Timing): string {
  return `${timing.name} ${bestAndMedian(timing, milliseconds)}`;
}

/** One line per size: planes of equal or nearly equal pixels relative to a photograph's. */
function histogramLines(histograms: PreprocessResult["histograms"]): readonly string[] {
  const first: Plane = "photograph";
  return histograms
    .filter(({ name }) => name === first)
    .map(({ name, width, height, bestMilliseconds }) => {
      const others = histograms.filter((each) => each.width === width && each.height === height && each.name !== name);
      const times = others.map((each) => `${each.name} ${ratio(each.bestMilliseconds, bestMilliseconds)} times that`);
      const photograph = `${name} ${milliseconds(bestMilliseconds)} ms`;
      return `our histogram of ${width}x${height}, best times: ${[photograph, ...times].join(", ")}`;
    });
}

/** Speedup with more workers on pictures of the first case's size, beside that of threads that only compute. */
function poolLines([one, ...more]: PreprocessResult["pools"]): readonly string[] {
  if (one === undefined) return [];
  return more.map(({ workers, pool, tile }) => {
    const gain = one.pool.bestMilliseconds / pool.bestMilliseconds;
    const tileGain = ((workers / one.workers) * one.tile.bestMilliseconds) / tile.bestMilliseconds;
    const times = `${milliseconds(one.pool.bestMilliseconds)} to ${milliseconds(pool.bestMilliseconds)} ms per picture`;
    const gains = `speedup ${gain.toFixed(2)}, register tile ${tileGain.toFixed(2)}, ratio ${ratio(gain, tileGain)}`;
    return `our pool from ${one.workers} to ${workers} workers, 500x375 RGBA to 300x300, best times: ${times}, ${gains}`;
  });
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1e3).toFixed(1)} KB`;
}

/** Truncated, not rounded: only full agreement is 100 %. */
function percent(share: number): string {
  return `${(Math.floor(share * 10_000) / 100).toFixed(2)} %`;
}
