// `silhouette doctor` as text.

import { printable } from "@silhouette/report/printable";
import type { Finding } from "@silhouette/trainer";

import { commandLine } from "../../command-line/called-as.ts";
import type { Done, Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";

/** Writes the events of a `doctor`. */
export function doctorText(terminal: Terminal): Report {
  return (event) => {
    if (event.type === "finding") terminal.answer(findingLines(event));
    if (event.type === "done" && event.command === "doctor") terminal.print(diagnosis(event));
  };
}

/** The mark in front of a finding. */
const MARKS = { ready: "✓", limited: "!", missing: "✗" } as const;

function findingLines(finding: Finding): string {
  const { subject, state, found } = finding;
  const lines = [`${MARKS[state]} ${subject}: ${found}`];
  if (finding.state !== "ready") lines.push(`  needed for ${finding.neededFor}`, `  ${finding.remedy}`);
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function diagnosis({ ready, limited, missing }: Done<"doctor">): string {
  const less = limited > 0 ? `, ${limited} limited (${MARKS.limited})` : "";
  return missing > 0
    ? `${missing} of ${ready + limited + missing} missing (${MARKS.missing})${less}. Once fixed, run: ${commandLine(["doctor"])}\n`
    : `Everything is ready${less}. Next: ${commandLine(["train", "FOLDER"])}\n`;
}
