// Errors as text, on stderr.

import { printable } from "@silhouette/report/printable";
import stringWidth from "fast-string-width";

import { commandLine } from "../../command-line/called-as.ts";
import type { Event } from "../events.ts";
import { columnsOf, wrapped } from "../wrapped.ts";

/** Writes what went wrong, what to do next and, for a defect, where. */
export function errorText({ message, code, hint, stack }: Event<"error">): void {
  process.stderr.write(wrapped(`Error: ${printable(message)} [${code}]\n`, process.stderr));
  process.stderr.write(`${hintLines(printable(hint))}\n`);
  // A stack trace keeps its lines; its messages may hold anything.
  if (stack !== undefined) process.stderr.write(`${stack.split("\n").map(printable).join("\n")}\n`);
}

/** A hint whose command line, if it ends with one, is not broken: it could not be pasted. */
function hintLines(hint: string): string {
  const columns = columnsOf(process.stderr) ?? Infinity;
  const place = hint.indexOf(commandLine([]));
  if (place <= 0 || stringWidth(hint) <= columns) return wrapped(hint, process.stderr);
  return `${wrapped(hint.slice(0, place).trimEnd(), process.stderr)}\n${hint.slice(place)}`;
}
