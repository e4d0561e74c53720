// Formats help: as wide as the terminal, with examples that can be pasted.

import type { OutputConfiguration } from "commander";

import { calledAs, thisProcess } from "../command-line/called-as.ts";
import { columnsOf, WIDEST, wrapped } from "./wrapped.ts";

/** Matches examples in help. */
const EXAMPLE = /^ {2}silhouette /;

/** Output settings for Commander. Usage errors are reported by main.ts, like all other errors. */
export const HELP_OUTPUT: OutputConfiguration = {
  getOutHelpWidth: () => columnsOf(process.stdout) ?? WIDEST,
  getErrHelpWidth: () => columnsOf(process.stderr) ?? WIDEST,
  writeOut: (text) => process.stdout.write(shown(text, process.stdout)),
  writeErr: (text) => process.stderr.write(shown(text, process.stderr)),
  outputError: () => undefined,
};

function shown(help: string, stream: NodeJS.WriteStream): string {
  const command = calledAs(thisProcess());
  const lines = help.split("\n").map((line) => {
    // A wrapped command cannot be pasted.
    return EXAMPLE.test(line) ? line.replace(EXAMPLE, () => `  ${command} `) : wrapped(line, stream);
  });
  return lines.join("\n");
}
