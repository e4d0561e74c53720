// A result of the suite "convolutions" as text for terminals and as Markdown. In: times. Out: lines.

import {
  bestAndMedian,
  gigaflops,
  headLines,
  measuredOn,
  milliseconds,
  notWholeMarkdown,
} from "../measure/report-words.ts";
import type { ConvolutionsResult, ConvolutionTiming } from "./result.ts";
import { markdownTable, textTable, type Column } from "../measure/table.ts";

/** What is measured. */
export const CONVOLUTIONS_TITLE =
  "Convolution layers of the reference network, batch 8, 1 thread: milliseconds per picture";

const LEGEND = `${CONVOLUTIONS_TITLE}
silhouette: the kernels that the backend chooses. direct kernels: without Winograd. separate operations: of the first layer,
whose binary pictures have kernels of their own. All take turns with the register tile, after their answers are checked.
ms, GFLOP/s: best / median of the rounds, GFLOP/s counted as direct convolutions; of tile: share of the best that the register
tile reached in the same rounds. deviation: relative L2 distance of the answers of both.`;

const COLUMNS: readonly Column<ConvolutionTiming>[] = [
  { title: "layer", align: "left", text: ({ layer }) => layer },
  { title: "operation", align: "left", text: ({ operation }) => operation },
  { title: "kernels", align: "left", text: ({ name }) => name },
  { title: "ms", align: "right", text: (timing) => bestAndMedian(timing, milliseconds) },
  {
    title: "GFLOP/s",
    align: "right",
    text: (timing) => bestAndMedian(timing, (time) => gigaflops(time, timing.flopsPerPicture).toFixed(1)),
  },
  {
    title: "of tile",
    align: "right",
    text: ({ tileGigaflops, flopsPerPicture, ...timing }) =>
      `${bestAndMedian(timing, (time) => ((100 * gigaflops(time, flopsPerPicture)) / tileGigaflops).toFixed(0))} %`,
  },
  { title: "deviation", align: "right", text: ({ deviation }) => (deviation === 0 ? "0" : deviation.toExponential(0)) },
];

/** The text above the tables. */
export function convolutionsHeadText(result: ConvolutionsResult): string {
  return [...headLines(result), LEGEND].join("\n");
}

/** A table of some layers. */
export function convolutionsText(timings: readonly ConvolutionTiming[]): string {
  return textTable(COLUMNS, timings).join("\n");
}

/** The operations that silhouette and another family have both, added up; a sum for each other family. */
export function sumText(timings: readonly ConvolutionTiming[]): string {
  const [ours] = timings;
  const others = [...new Set(timings.map(({ name }) => name))].filter((name) => name !== ours?.name);
  if (others.length === 0) return "no other kernels were measured";
  const sums = others.map((other) => {
    const both = timings.filter(({ name }) => name === other);
    const isSame = (one: ConvolutionTiming) => (two: ConvolutionTiming) =>
      one.layer === two.layer && one.operation === two.operation;
    const same = timings.filter((timing) => timing.name === ours?.name && both.some(isSame(timing)));
    const sum = (list: readonly ConvolutionTiming[]): string =>
      milliseconds(list.reduce((total, { bestMilliseconds }) => total + bestMilliseconds, 0));
    return `${ours?.name} ${sum(same)} ms, ${other} ${sum(both)} ms`;
  });
  return `sums of best times: ${sums.join("; ")}`;
}

/** The result as Markdown. */
export function convolutionsMarkdown(result: ConvolutionsResult): string {
  const { timings, settings, machine, command } = result;
  const rounds = `best / median of ${settings.rounds} rounds`;
  const facts = `${CONVOLUTIONS_TITLE}, ${rounds}; ${sumText(timings)}; ${measuredOn(machine, command)}`;
  return `${notWholeMarkdown(result)}${[...markdownTable(COLUMNS, timings), "", facts, ""].join("\n")}`;
}
