// `silhouette report` as text.

import { printable } from "@silhouette/report/printable";

import type { Event, Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";
import { evaluateText } from "./evaluate.ts";

/** Writes the events of a `report`. */
export function reportPageText(terminal: Terminal): Report {
  const evaluation = evaluateText(terminal);
  return (event) => {
    if (event.type === "picturesMissing" || event.type === "modelMissing") terminal.say(missingLine(event));
    else if (event.type === "done" && event.command === "report") terminal.print(`${printable(event.out)}\n`);
    else evaluation(event);
  };
}

/** What a report does not show, and why. */
export function missingLine({ type, run, message }: Event<"picturesMissing" | "modelMissing">): string {
  const what = type === "picturesMissing" ? "shows no pictures" : "does not show where the network looked";
  return `${printable(`The report of ${run} ${what}. ${message}`)}\n`;
}
