// What the reports of all suites have in common: the machine, and milliseconds. In: facts and figures. Out: text;
// nothing is printed here.

import type { Machine } from "./machine.ts";
import { partialText, type ResultHead } from "./result.ts";
import type { Timing } from "./rounds.ts";

/** What a report begins with: that its result is partial, if it is, and what the figures below it depend on. */
export function headLines(result: ResultHead): readonly string[] {
  const partial = partialText(result);
  return [...(partial === "" ? [] : [partial, ""]), machineText(result.machine, result.command), ""];
}

/** What Markdown begins with: that its result is partial, if it is. */
export function partialMarkdown(result: ResultHead): string {
  const partial = partialText(result);
  return partial === "" ? "" : `**${partial}**\n\n`;
}

/** What the figures below it depend on, a line each. */
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

/** Day, machine and command, as a sentence's end. */
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

/** Two digits: `0.31`. */
export function ratio(value: number, other: number): string {
  return (value / other).toFixed(2);
}

/** Our time as multiples of every other row's, and theirs as multiples of ours. */
export function multiplesLines([ours, ...others]: readonly Timing[]): readonly string[] {
  if (ours === undefined || others.length === 0) return [];
  const list = (multiple: (other: Timing) => string): string => others.map(multiple).join(", ");
  const { name, bestMilliseconds: best } = ours;
  return [
    `${name}'s time, best to best: ${list((other) => `${ratio(best, other.bestMilliseconds)} x ${other.name}`)}`,
    `in multiples of ${name}'s: ${list((other) => `${other.name} ${ratio(other.bestMilliseconds, best)}`)}`,
  ];
}

/** `12.3 / 12.4`. */
export function bestAndMedian(
  { bestMilliseconds, medianMilliseconds }: Timing,
  show: (time: number) => string,
): string {
  return `${show(bestMilliseconds)} / ${show(medianMilliseconds)}`;
}

/** Billions of floating-point operations a second. */
export function gigaflops(millisecondsPerPicture: number, flopsPerPicture: number): number {
  return flopsPerPicture / (1e6 * millisecondsPerPicture);
}
