// What the reports of all suites share: the machine, milliseconds, ratios. In: facts and figures. Out: text; nothing is
// printed here.

import type { Machine } from "./machine.ts";
import { limitText, partialText, type ResultHead } from "./result.ts";
import type { Timing } from "./rounds.ts";

/** The first lines of a report: that its result is not whole, if it is not, and what its figures depend on. */
export function headLines(result: ResultHead): readonly string[] {
  const sentences = notWholeSentences(result);
  return [...(sentences.length === 0 ? [] : [...sentences, ""]), machineText(result.machine, result.command), ""];
}

/** The first lines of Markdown: that its result is not whole, if it is not. */
export function notWholeMarkdown(result: ResultHead): string {
  return notWholeSentences(result)
    .map((sentence) => `**${sentence}**\n\n`)
    .join("");
}

/** That a run did not reach its end, and that it was limited to some peers. */
function notWholeSentences(result: ResultHead): readonly string[] {
  return [partialText(result), limitText(result)].filter((sentence) => sentence !== "");
}

/** What the figures depend on, one line each. */
export function machineText(machine: Machine, command: string): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `processor  ${machine.processor}, ${machine.processors} available`,
    ...(machine.features.length > 0 ? [`features   ${machine.features.join(" ")}`] : []),
    `system     ${machine.system}`,
    `versions   ${versions.join(", ")}`,
    `date       ${machine.day}`,
    ...(machine.commit === undefined ? [] : [`commit     ${machine.commit}`]),
    `command    ${command}`,
  ].join("\n");
}

/** Day, machine and command, as the end of a sentence. */
export function measuredOn({ day, processors, processor, versions }: Machine, command: string): string {
  return `${day}, ${processors} cores of ${processor}, Node ${versions["Node"] ?? "?"}; \`${command}\`.`;
}

/** `0.123`, `12.3`. */
export function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(3) : value.toFixed(1);
}

/** `1 thread`, `2 threads`. */
export function threadsText(threads: number): string {
  return threads === 1 ? "1 thread" : `${threads} threads`;
}

/** Two decimals: `0.31`. */
export function ratio(value: number, other: number): string {
  return (value / other).toFixed(2);
}

/** Our best time relative to every other row's, and theirs relative to ours. */
export function relativeLines([ours, ...others]: readonly Timing[]): readonly string[] {
  if (ours === undefined || others.length === 0) return [];
  const list = (ratioOf: (other: number) => string): string =>
    others.map((other) => `${other.name} ${ratioOf(other.bestMilliseconds)}`).join(", ");
  const { name, bestMilliseconds: best } = ours;
  return [
    `${name}'s best time relative to ${list((other) => ratio(best, other))}`,
    `best times relative to ${name}: ${list((other) => ratio(other, best))}`,
  ];
}

/** `12.3 / 12.4`. */
export function bestAndMedian(
  { bestMilliseconds, medianMilliseconds }: Timing,
  show: (time: number) => string,
): string {
  return `${show(bestMilliseconds)} / ${show(medianMilliseconds)}`;
}

/** Billions of floating-point operations per second. */
export function gigaflops(millisecondsPerPicture: number, flopsPerPicture: number): number {
  return flopsPerPicture / (1e6 * millisecondsPerPicture);
}
