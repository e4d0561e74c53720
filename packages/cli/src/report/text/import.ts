// `silhouette import` as text.

import { printable } from "@silhouette/report/printable";

import { commandLine } from "../../command-line/called-as.ts";
import type { Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";

/** Writes the events of an `import`. */
export function importText(terminal: Terminal): Report {
  return (event) => {
    if (event.type !== "done" || event.command !== "import") return;
    const { run, library, labels, input, parameters } = event;
    const model = `A model of ${library} with ${parameters.toLocaleString("en")} parameters for ${labels.join(", ")}, which sees ${input}.`;
    const next = `To evaluate it: ${commandLine(["evaluate", { path: run }, { path: "photos" }])}`;
    terminal.print(`${printable(`${run}: ${model}`)}\n${printable(next)}\n`);
  };
}
