// `silhouette studio` as text.

import { printable } from "@silhouette/report/printable";

import type { Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";

/** Writes the events of a `studio`. */
export function studioText(terminal: Terminal): Report {
  return (event) => {
    if (event.type === "serving") terminal.print(`Studio: ${printable(event.url)}\nStop it with Ctrl-C.\n`);
  };
}
