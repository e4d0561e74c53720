// A result of the suite "convolutions" as text for terminals and as Markdown. In: times. Out: lines.

import {
  bestAndMedian,
  gigaflops,
  headLines,
  measuredOn,
  milliseconds,
  partialMarkdown,
} from "../measure/report-words.ts";
import type { ConvolutionsResult, ConvolutionTiming } from "./result.ts";
import { markdownTable, textTable, type Column } from "../measure/table.ts";

/** What is measured. */
export const CONVOLUTIONS_TITLE =
  "Convolution layers of the reference network, batch 8, 1 thread: milliseconds a picture";

const LEGEND = `${CONVOLUTIONS_TITLE}
silhouette: the kernels that the backend chooses. They, direct kernels and the register tile take turns, after a check.
ms, GFLOP/s: best / median of the rounds, GFLOP/s as direct convolutions count them; of tile: their shares of what the
register tile reached at best in the same rounds. apart: relative L2 distance of the answer from the direct kernels' one.`;

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
  { title: "apart", align: "right", text: ({ deviation }) => (deviation === 0 ? "0" : deviation.toExponential(0)) },
];

/** What stands above the tables. */
export function convolutionsHeadText(result: ConvolutionsResult): string {
  return [...headLines(result), LEGEND].join("\n");
}

/** A table of some layers. */
export function convolutionsText(timings: readonly ConvolutionTiming[]): string {
  return textTable(COLUMNS, timings).join("\n");
}

/** All operations of all layers together, by each family of kernels. */
export function sumText(timings: readonly ConvolutionTiming[]): string {
  const sums = new Map<string, number>();
  for (const { name, bestMilliseconds } of timings) sums.set(name, (sums.get(name) ?? 0) + bestMilliseconds);
  return `all together, at their best: ${[...sums].map(([name, sum]) => `${name} ${milliseconds(sum)} ms`).join(", ")}`;
}

/** The result as Markdown. */
export function convolutionsMarkdown(result: ConvolutionsResult): string {
  const { timings, settings, machine, command } = result;
  const rounds = `best / median of ${settings.rounds} rounds`;
  const facts = `${CONVOLUTIONS_TITLE}, ${rounds}; ${sumText(timings)}; ${measuredOn(machine, command)}`;
  return `${partialMarkdown(result)}${[...markdownTable(COLUMNS, timings), "", facts, ""].join("\n")}`;
}
