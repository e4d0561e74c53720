// `silhouette compare` as text.

import { printable } from "@silhouette/report/printable";

import type { Done, Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";
import { evaluateText } from "./evaluate.ts";
import { percent } from "./numbers.ts";

/** p-value below which one run counts as better. */
const SIGNIFICANT = 0.05;

/** Writes the events of a `compare`. */
export function compareText(terminal: Terminal): Report {
  const evaluation = evaluateText(terminal);
  return (event) => {
    if (event.type === "done" && event.command === "compare") terminal.print(comparisonText(event));
    else evaluation(event);
  };
}

function comparisonText(done: Done<"compare">): string {
  const { first, second, pictures, both, onlyFirst, onlySecond, neither, pValue } = done;
  const share = (correct: number): string => `${correct} of ${pictures} correct (${percent(correct / pictures)})`;
  const p = `p = ${pValue < 0.001 ? pValue.toExponential(0) : pValue.toFixed(3)}`;
  const better = onlyFirst > onlySecond ? first : second;
  const verdict =
    pValue < SIGNIFICANT ? `${better} is better (${p})` : `No evidence that one is better than the other (${p})`;
  const lines = [
    `${first}: ${share(both + onlyFirst)}`,
    `${second}: ${share(both + onlySecond)}`,
    `Only the first: ${onlyFirst}, only the second: ${onlySecond}, neither: ${neither}`,
    verdict,
  ];
  return `${lines.map(printable).join("\n")}\n`;
}
