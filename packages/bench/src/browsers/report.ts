// A result of the suite browsers as text for terminals and as Markdown. In: a result. Out: lines.

import {
  headLines,
  measuredOn,
  milliseconds,
  notWholeMarkdown,
  bestAndMedian,
  threadsText,
} from "../measure/report-words.ts";
import { markdownTable, textTable, type Column } from "../measure/table.ts";
import type { BrowsersGroup, BrowsersResult, EngineTiming } from "./result.ts";

/** What is measured. */
export const BROWSERS_TITLE =
  "A training step of the reference network, 300 x 300, 3 classes, in browsers: milliseconds per picture";

/** What we accept of a browser. */
const MOST_RELATIVE_TO_NODE = 1.25;

const LEGEND = `${BROWSERS_TITLE}
silhouette: our step. tf.layers: unchanged trainOnBatch on our backend. Browsers run them in a module worker of a page with
cross-origin isolation. All engines run the same kernels and take turns, each turn in a process of its own; the losses of the
first steps were compared before, and were the same bytes.
median: the median of the rounds' medians, with their lowest..highest beside it. best: the fastest step.
to Node: best relative to that of the first row of Node.js.`;

const ENGINE_COLUMNS: readonly Column<EngineTiming>[] = [
  { title: "engine", align: "left", text: engineName },
  { title: "median", align: "right", text: (timing) => milliseconds(timing.medianMilliseconds) },
  { title: "best", align: "right", text: (timing) => milliseconds(timing.bestMilliseconds) },
  {
    title: "rounds' medians",
    align: "right",
    text: ({ lowestRoundMilliseconds: lowest, highestRoundMilliseconds: highest }) =>
      `${milliseconds(lowest)}..${milliseconds(highest)}`,
  },
  { title: "to Node", align: "right", text: relativeText },
];

/** `Chromium 156.0`. */
export function engineName({ versions }: EngineTiming): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}

function relativeText({ relativeToNode: relative }: EngineTiming): string {
  return relative === null ? "" : relative.toFixed(2);
}

/** A group's title: `silhouette, simd128, 2 threads, batch 8`. */
export function groupName({ step, kernelSet, threads, batch }: Omit<BrowsersGroup, "engines">): string {
  return `${step}, ${kernelSet}, ${threadsText(threads)}, batch ${batch}`;
}

/** The text above the tables. */
export function browsersHeadText(result: BrowsersResult): string {
  return [...headLines(result), LEGEND].join("\n");
}

/** A group's title and table. */
export function browsersGroupText(group: BrowsersGroup): string {
  return [groupName(group), "", ...textTable(ENGINE_COLUMNS, group.engines)].join("\n");
}

/** The text below the tables. */
export function browsersEndText(result: BrowsersResult): string {
  const { missing, invalid } = result;
  return [
    `\n${slowestText(result)}`,
    ...missing.map(({ name, reason }) => `\nNot measured: ${name}: ${reason}`),
    ...(invalid === null ? [] : [`\nInvalid: ${invalid}.`]),
  ].join("\n");
}

/** The slowest browser in relation to Node.js, and how many times are longer than they should be. */
export function slowestText({ groups }: BrowsersResult): string {
  const all = groups.flatMap((group) =>
    group.engines.flatMap((timing) =>
      timing.relativeToNode === null || timing.kind === "node"
        ? []
        : [{ group, timing, relative: timing.relativeToNode }],
    ),
  );
  const [slowest] = all.toSorted((one, other) => other.relative - one.relative);
  if (slowest === undefined) return "no browser was compared with Node";
  const over = all.filter(({ relative }) => relative > MOST_RELATIVE_TO_NODE).length;
  const { group, timing, relative } = slowest;
  return (
    `slowest in relation to Node: ${engineName(timing)} (${groupName(group)}): ${relative.toFixed(2)}; ` +
    `over ${MOST_RELATIVE_TO_NODE}: ${over} of ${all.length}`
  );
}

/** The result as Markdown. */
export function browsersMarkdown(result: BrowsersResult): string {
  const { groups, settings, machine, command, missing, invalid } = result;
  const columns: readonly Column<{ readonly group: BrowsersGroup; readonly timing: EngineTiming }>[] = [
    { title: "step", align: "left", text: ({ group }) => group.step },
    { title: "kernels", align: "left", text: ({ group }) => group.kernelSet },
    { title: "threads", align: "right", text: ({ group }) => String(group.threads) },
    { title: "batch", align: "right", text: ({ group }) => String(group.batch) },
    { title: "engine", align: "left", text: ({ timing }) => engineName(timing) },
    { title: "ms per picture", align: "right", text: ({ timing }) => bestAndMedian(timing, milliseconds) },
    { title: "to Node", align: "right", text: ({ timing }) => relativeText(timing) },
  ];
  const rows = groups.flatMap((group) => group.engines.map((timing) => ({ group, timing })));
  const facts = `${BROWSERS_TITLE}; best / median of ${settings.rounds} rounds; ${slowestText(result)}; ${measuredOn(machine, command)}`;
  const notes = [
    ...missing.map(({ name, reason }) => `- Not measured: ${name}: ${reason}`),
    ...(invalid === null ? [] : [`- Invalid: ${invalid}.`]),
  ];
  const lines = [...markdownTable(columns, rows), "", facts, "", ...(notes.length > 0 ? [...notes, ""] : [])];
  return `${notWholeMarkdown(result)}${lines.join("\n")}`;
}
