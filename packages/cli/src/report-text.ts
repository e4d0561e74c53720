// Events for people: progress and errors on stderr, results on stdout.

import { SPLITS, type Skip } from "@silhouette/trainer";
import Table from "cli-table3";

import type { CommandEvent, Report } from "./events.ts";
import { printable } from "./printable.ts";
import { progressOn, type Progress } from "./progress.ts";

/** A report for one run of a command. */
export function reportText(): Report {
  const skips: Skip[] = [];
  let progress: Progress | undefined;
  return (event) => {
    switch (event.event) {
      case "start":
        process.stderr.write(
          printable(
            `${event.total} pictures of ${event.labels.join(", ")} in ${event.folder}, ` +
              `split by ${event.layout === "splits" ? "their folders" : "a hash of their paths"}`,
          ) + "\n",
        );
        progress = progressOn(process.stderr, event.total);
        return;
      case "skip":
        skips.push(event);
        return;
      case "progress":
        progress?.update(event);
        return;
      case "done":
        progress?.stop();
        tellSkips(skips);
        process.stdout.write(summary(event));
        return;
      case "error":
        progress?.stop();
        tellSkips(skips);
        process.stderr.write(`Error: ${printable(event.message)} [${event.code}]\n${printable(event.hint)}\n`);
        if (event.stack !== undefined) process.stderr.write(`${event.stack}\n`);
        return;
    }
  };
}

function tellSkips(skips: readonly Skip[]): void {
  for (const { path, code, message } of skips) {
    process.stderr.write(`${printable(`Skipped ${path}: it ${message} [${code}]`)}\n`);
  }
}

function summary(done: Extract<CommandEvent, { event: "done" }>): string {
  const table = new Table({
    head: ["", ...SPLITS],
    colAligns: ["left", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const [index, label] of done.labels.entries()) {
    table.push([printable(label), ...SPLITS.map((split) => String(done.counts[split][index] ?? 0))]);
  }
  const left = [
    ...(done.skipped > 0 ? [`${done.skipped} skipped`] : []),
    ...(done.otherFiles > 0
      ? [`${done.otherFiles} other ${done.otherFiles === 1 ? "file" : "files"} not looked at`]
      : []),
  ];
  const untrained = done.labels.filter((_, index) => done.counts.train[index] === 0);
  return [
    table.toString(),
    printable(
      `${done.out}: ${done.rows} pictures of ${done.width} x ${done.height}, ${(done.bytes / 1e6).toFixed(1)} MB`,
    ),
    `${done.seconds.toFixed(1)} s, ${Math.round(done.picturesPerSecond)} pictures a second${left.length > 0 ? `; ${left.join(", ")}` : ""}`,
    ...(untrained.length > 0 ? [`No picture of ${printable(untrained.join(", "))} is in train: add some`] : []),
    "",
  ].join("\n");
}
