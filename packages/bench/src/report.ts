// What the reports of all suites have in common: the machine, and milliseconds. In: facts and figures. Out: text;
// nothing is printed here.

import type { Machine } from "./machine.ts";

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
