// `silhouette export` as text.

import { printable } from "@silhouette/report/printable";

import type { Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";

/** Writes the events of an `export`. */
export function exportText(terminal: Terminal): Report {
  return (event) => {
    if (event.type !== "done" || event.command !== "export") return;
    for (const { path } of event.files) terminal.print(`${printable(path)}\n`);
  };
}
