// `silhouette prepare` as text.

import { printable } from "@silhouette/report/printable";
import { SPLITS, type Split } from "@silhouette/trainer/light";

import type { Done, Report } from "../events.ts";
import type { Terminal } from "../terminal.ts";
import { wrapped } from "../wrapped.ts";
import { preparationText } from "./preparation.ts";
import { fits, tableOf } from "./table.ts";
import { missingPicturesLines } from "./untested.ts";

const COLORS = { binary1: "black-and-white", gray8: "gray", rgb8: "color" } as const;

/** Writes the events of a `prepare`. */
export function prepareText(terminal: Terminal): Report {
  let isPart = false;
  return (event) => {
    if (event.type === "leaveOut") isPart = event.files > 0;
    if (event.type === "done" && event.command === "prepare") terminal.print(prepared(event, isPart));
    else preparationText(event, terminal);
  };
}

/** The size of a dataset, and in how many files. */
function filesText({ bytes, shards }: Done<"prepare">): string {
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  return shards === null ? size : `${size} in ${shards} ${shards === 1 ? "shard" : "shards"}`;
}

/** @param isPart whether files were left out */
function prepared(done: Done<"prepare">, isPart: boolean): string {
  const { labels, counts, skipped, otherFiles } = done;
  const count = (split: Split, index: number): number => counts[split][index] ?? 0;
  const table = tableOf(
    ["", ...SPLITS],
    labels.map((label, index) => [printable(label), ...SPLITS.map((split) => String(count(split, index)))]),
  );
  const list = labels.map(
    (label, index) => `${printable(label)}: ${SPLITS.map((split) => `${count(split, index)} ${split}`).join(", ")}`,
  );
  const left = [
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(otherFiles > 0 ? [`${otherFiles} other ${otherFiles === 1 ? "file" : "files"} ignored`] : []),
  ];
  const lines = [
    printable(
      `${done.out}: ${done.rows} ${COLORS[done.pixelFormat]} pictures of ${done.width} x ${done.height}, ${filesText(done)}`,
    ),
    `${done.seconds.toFixed(1)} s, ${Math.round(done.picturesPerSecond)} pictures per second${left.length > 0 ? `; ${left.join(", ")}` : ""}`,
    ...missingPicturesLines(labels, counts, isPart),
    "",
  ];
  const shown = fits(table) ? table : wrapped(list.join("\n"), process.stdout);
  return `${shown}\n${wrapped(lines.join("\n"), process.stdout)}`;
}
