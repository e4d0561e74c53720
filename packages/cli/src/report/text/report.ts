// `silhouette report` as text.

import { printable } from "@silhouette/report/printable";

import type { Event, Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";
import { evaluateText } from "./evaluate.ts";

/** Writes the events of a `report`. */
export function reportPageText(terminal: Terminal): Report {
  const evaluation = evaluateText(terminal);
  return (event) => {
    if (event.type === "picturesMissing") terminal.say(missingLine(event));
    else if (event.type === "done" && event.command === "report") terminal.print(`${printable(event.out)}\n`);
    else evaluation(event);
  };
}

/** Why a report has no pictures. */
export function missingLine({ run, message }: Event<"picturesMissing">): string {
  return `${printable(`The report of ${run} shows no pictures. ${message}`)}\n`;
}
