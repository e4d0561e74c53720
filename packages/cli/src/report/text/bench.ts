// `silhouette bench` as text: its report comes as text already.

import { printable } from "@silhouette/report/printable";

import type { Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";

/** Writes the events of a `bench`. */
export function benchText(terminal: Terminal): Report {
  return (event) => {
    switch (event.type) {
      case "benchText":
        terminal.print(`${event.text}\n`);
        return;
      case "benchTurn":
        terminal.progress(event, event.name, { things: "turns" });
        return;
      case "done":
        terminal.settle();
        if (event.command === "bench" && event.out !== undefined) {
          terminal.print(`\n${printable(event.out)}: JSON, table and chart\n`);
        }
        return;
      default:
    }
  };
}
