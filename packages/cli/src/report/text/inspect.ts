// `silhouette inspect` as text: a table of the issues by kind, a few of each, and what to do next.

import { ISSUE_TEXTS } from "@silhouette/report";
import { printable } from "@silhouette/report/printable";
import { ISSUE_KINDS } from "@silhouette/trainer/facts";

import type { Done, Event, Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";
import { duration } from "./numbers.ts";
import { preparationText } from "./preparation.ts";
import { fits, tableOf } from "./table.ts";

/** Issues of each kind that are listed. */
const LISTED = 3;

/** Copies of one picture that are listed. */
const LISTED_COPIES = 3;

/** Writes the events of an `inspect`. */
export function inspectText(terminal: Terminal): Report {
  const issues: Event<"issue">[] = [];
  return (event) => {
    switch (event.type) {
      case "inspected":
        terminal.progress(event, "measured", { title: "Inspecting: " });
        return;
      case "issue":
        issues.push(event);
        return;
      case "done":
        if (event.command !== "inspect") return;
        if (issues.length > 0) {
          for (const kind of ISSUE_KINDS) terminal.answer(kindText(issues.filter((issue) => issue.kind === kind)));
          terminal.print(tableText(issues));
        }
        terminal.answer(summary(event));
        terminal.print(`${printable(event.advice.command)}\n`);
        return;
      default:
        preparationText(event, terminal);
    }
  };
}

/** The first issues of a kind, and what helps. */
function kindText(issues: readonly Event<"issue">[]): string {
  const [first] = issues;
  if (first === undefined) return "";
  const { title, explanation } = ISSUE_TEXTS[first.kind];
  const remedies = new Set(issues.map(({ remedy }) => remedy));
  const lines = issues.slice(0, LISTED).map((issue) => {
    const remedy = remedies.size > 1 ? `. ${issue.remedy}` : "";
    return `  ${subjectOf(issue)}${issue.note}${remedy}`;
  });
  const more = issues.length > LISTED ? [`  and ${issues.length - LISTED} more`] : [];
  const helps = remedies.size > 1 ? explanation : first.remedy;
  return `${[`${title}: ${issues.length}`, ...lines, ...more, `  ${helps}`].map(printable).join("\n")}\n\n`;
}

function subjectOf({ pictures }: Event<"issue">): string {
  if (pictures.length === 0) return "";
  const more = pictures.length > LISTED_COPIES ? ` and ${pictures.length - LISTED_COPIES} more` : "";
  return `${pictures
    .slice(0, LISTED_COPIES)
    .map(({ path }) => path)
    .join(", ")}${more} `;
}

function tableText(issues: readonly Event<"issue">[]): string {
  const found = ISSUE_KINDS.flatMap((kind) => {
    const own = issues.filter((issue) => issue.kind === kind);
    const [first] = own;
    return first === undefined ? [] : [[ISSUE_TEXTS[kind].title, SEVERITY_WORDS[first.severity], String(own.length)]];
  });
  const table = tableOf(["Issue", "Severity", "Found"], found);
  if (fits(table)) return `${table}\n`;
  return found.map(([title = "", severity = "", count = ""]) => `${title}: ${count} (${severity})\n`).join("");
}

/** What a severity means. */
const SEVERITY_WORDS = { error: "results will be wrong", warning: "worth a look" } as const;

function summary({ pictures, predicted, issues, fix, out, advice, seconds, source }: Done<"inspect">): string {
  const found = Object.values(issues).reduce((total, count) => total + count, 0);
  const lines = [
    `${found === 0 ? "Nothing found" : `${found} ${found === 1 ? "issue" : "issues"}`} in ${source}, ${pictures} pictures; ${duration(seconds)}`,
    ...(predicted === null ? [] : [`Labels were checked by the predictions for ${predicted} of them`]),
    ...(out === null ? [] : [`Page: ${out}`]),
    ...(fix === null ? [] : [`${fix.path}: ${fix.files} ${fix.files === 1 ? "file" : "files"} to leave out`]),
    `${advice.sentence}:`,
  ];
  return `${lines.map(printable).join("\n")}\n`;
}
