// `silhouette runs` as text: a table of runs, or what differs between those that are named.

import { relative } from "node:path";

import { printable } from "@silhouette/report/printable";
import type { RunSummary } from "@silhouette/trainer";

import { commandLine } from "../../command-line/called-as.ts";
import type { Done, Event, Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";
import { shortened } from "../wrapped.ts";
import { percent } from "./numbers.ts";
import { fits, tableOf } from "./table.ts";

/** Characters of a setting in a table. */
const WIDEST_VALUE = 40;

/** Writes the events of a `runs`. */
export function runsText(terminal: Terminal): Report {
  const runs: Event<"run">[] = [];
  return (event) => {
    if (event.type === "run") runs.push(event);
    if (event.type !== "done" || event.command !== "runs") return;
    const readable = runs.filter(isReadable);
    for (const each of runs)
      if (!isReadable(each)) terminal.answer(`${printable(`${each.run}: ${each.state}. ${each.message}`)}\n`);
    if (runs.length === 0) terminal.answer(emptyLine(event));
    else if (event.areCompared && readable.length > 1) terminal.print(comparison(readable));
    else if (readable.length > 0) terminal.print(list(readable));
  };
}

function isReadable(run: Event<"run">): run is { readonly type: "run" } & RunSummary {
  return "settings" in run;
}

function emptyLine({ paths }: Done<"runs">): string {
  return `${printable(`No runs in ${paths.join(", ")}`)}\n`;
}

const HEAD = ["run", "created", "recipe", "pictures", "epochs", "best", "validation", "test"] as const;

function list(runs: readonly RunSummary[]): string {
  const rows = runs.map((run) => [
    printable(run.run),
    localTime(run.created),
    printable(recipeText(run)),
    String(run.pictures.train + run.pictures.val + run.pictures.test),
    epochsText(run),
    run.bestEpoch === null ? "-" : String(run.bestEpoch),
    run.valAccuracy === null ? "-" : percent(run.valAccuracy),
    testText(run),
  ]);
  const table = tableOf(HEAD, rows);
  if (fits(table)) return `${table}\n`;
  return rows
    .map(
      ([name = "", ...cells]) =>
        `${[name, ...cells.map((cell, index) => `  ${HEAD[index + 1] ?? ""}: ${cell}`)].join("\n")}\n`,
    )
    .join("");
}

/** The recipe's name, and what is not its own: fields, network, and the weights that it started from. */
function recipeText({ settings: { recipe, network, init }, changedFields }: RunSummary): string {
  const changes = [
    ...changedFields,
    ...(network === "custom" || network === "imported" ? ["network"] : []),
    ...(init === null ? [] : ["init"]),
  ];
  return changes.length === 0 ? recipe.name : `${recipe.name} (${changes.join(", ")})`;
}

function epochsText({ epochsDone, settings: { epochs } }: RunSummary): string {
  return epochsDone === epochs ? String(epochs) : `${epochsDone} of ${epochs}`;
}

function testText({ state, test }: RunSummary): string {
  if (test === null) return state;
  const {
    accuracy,
    interval95: [low, high],
  } = test;
  return accuracy === null ? "-" : `${percent(accuracy)} (${percent(low)} to ${percent(high)})`;
}

/** `2026-11-29 05:36`, by the local clock. */
function localTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return "-";
  const two = (number: number): string => String(number).padStart(2, "0");
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** The settings that differ, and the results of all runs. */
function comparison(runs: readonly RunSummary[]): string {
  const settings = runs.map(flatSettings);
  const names = [...new Set(settings.flatMap((each) => [...each.keys()]))];
  const differing = names.filter((name) => new Set(settings.map((each) => each.get(name))).size > 1);
  const rows = [
    ...differing.map((name) => [
      name,
      ...settings.map((each) => shortened(printable(each.get(name) ?? "-"), WIDEST_VALUE)),
    ]),
    ["epochs done", ...runs.map(epochsText)],
    ["best epoch", ...runs.map(({ bestEpoch }) => String(bestEpoch ?? "-"))],
    ["validation", ...runs.map(({ valAccuracy }) => (valAccuracy === null ? "-" : percent(valAccuracy)))],
    ["test", ...runs.map(testText)],
  ];
  const head = ["", ...runs.map(({ run }) => printable(run))];
  const table = tableOf(head, rows);
  const text = fits(table) ? `${table}\n` : stacked(head, rows);
  const same = differing.length === 0 ? "All settings are the same.\n" : "";
  return `${same}${text}${compareLine(runs)}`;
}

/** The table where it is too wide: a paragraph per row. */
function stacked(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows
    .map(
      ([name = "", ...cells]) =>
        `${[`${name}:`, ...cells.map((cell, index) => `  ${head[index + 1] ?? ""}: ${cell}`)].join("\n")}\n`,
    )
    .join("");
}

/** Settings by name, with those of the recipe one by one. */
function flatSettings({
  settings: { recipe, size, labels, fingerprint, init, ...others },
  pictures,
}: RunSummary): ReadonlyMap<string, string> {
  const { name, ...fields } = recipe;
  return new Map([
    ["recipe", name],
    ...Object.entries(fields).map(([field, value]) => [`recipe.${field}`, valueText(value)] as const),
    ["size", `${size.width} x ${size.height}`],
    ["labels", labels.join(",")],
    ["training pictures", `${pictures.train} (${fingerprint})`],
    ["init", init ?? "-"],
    ...Object.entries(others).map(([field, value]) => [field, String(value)] as const),
  ]);
}

function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** How to test whether one of two runs is better. */
function compareLine(runs: readonly RunSummary[]): string {
  const [first, second, ...others] = runs;
  if (first === undefined || second === undefined || others.length > 0) return "";
  if (first.test === null || second.test === null) return "";
  const source = relative("", first.settings.source) || ".";
  const words = ["compare", { path: first.run }, { path: second.run }, { path: source }];
  return `To test on the same pictures whether one is better: ${printable(commandLine(words))}\n`;
}
