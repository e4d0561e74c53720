// A result of the suite "operations" as text for terminals and as Markdown. In: times. Out: lines.

import { bestAndMedian, headLines, measuredOn, milliseconds, notWholeMarkdown } from "../measure/report-words.ts";
import { markdownTable, textTable, type Column } from "../measure/table.ts";
import type { OperationsResult, OperationTiming } from "./result.ts";
import { gigabytesPerSecond } from "./suite.ts";

/** What is measured. */
export const OPERATIONS_TITLE = "Operations on tensors: milliseconds per call";

const LEGEND = `${OPERATIONS_TITLE}
silhouette: our backend. stock WASM: TensorFlow.js' own, on one thread. Both take turns, after their answers are checked.
ms: best / median of the rounds. GB/s: bytes of the inputs and the output, each once, by the best time. of copy: share of
what a copy on all of our threads moved in the same rounds. of stock: best time relative to that of stock WASM.`;

const COLUMNS: readonly Column<OperationTiming>[] = [
  { title: "operation", align: "left", text: ({ operation }) => operation },
  { title: "floats", align: "right", text: ({ floats }) => String(floats) },
  { title: "threads", align: "right", text: ({ threads }) => String(threads) },
  { title: "backend", align: "left", text: ({ name }) => name },
  { title: "ms", align: "right", text: (timing) => bestAndMedian(timing, milliseconds) },
  { title: "GB/s", align: "right", text: (timing) => gigabytesPerSecond(timing, timing.bytes).toFixed(1) },
  {
    title: "of copy",
    align: "right",
    text: ({ copyGigabytesPerSecond: copy, ...timing }) =>
      copy === null ? "" : `${((100 * gigabytesPerSecond(timing, timing.bytes)) / copy).toFixed(0)} %`,
  },
  { title: "of stock", align: "right", text: ({ relativeToStock }) => relativeToStock.toFixed(2) },
  { title: "deviation", align: "right", text: ({ deviation }) => (deviation === 0 ? "0" : deviation.toExponential(0)) },
];

/** The text above the tables. */
export function operationsHeadText(result: OperationsResult): string {
  return [...headLines(result), LEGEND].join("\n");
}

/** A table for each size and number of threads. */
export function operationsTexts({ timings }: OperationsResult): readonly string[] {
  const groupOf = ({ floats, threads }: OperationTiming): string => `${threads}, ${floats}`;
  return [...new Set(timings.map(groupOf))].map((group) =>
    textTable(
      COLUMNS,
      timings.filter((timing) => groupOf(timing) === group),
    ).join("\n"),
  );
}

/** The slowest of ours in relation to TensorFlow.js' own backend. */
export function slowestText({ timings }: OperationsResult): string {
  const [slowest] = timings.toSorted((a, b) => b.relativeToStock - a.relativeToStock);
  if (slowest === undefined) return "";
  const { operation, floats, threads, relativeToStock } = slowest;
  return `slowest in relation to stock WASM: ${operation} of ${floats} floats, threads ${threads}: ${relativeToStock.toFixed(2)}`;
}

/** The result as Markdown. */
export function operationsMarkdown(result: OperationsResult): string {
  const { timings, settings, machine, command } = result;
  const facts = `${OPERATIONS_TITLE}, best / median of ${settings.rounds} rounds; ${slowestText(result)}; ${measuredOn(machine, command)}`;
  return `${notWholeMarkdown(result)}${[...markdownTable(COLUMNS, timings), "", facts, ""].join("\n")}`;
}
