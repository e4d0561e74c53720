// The metrics of a test as text, as `train` and `evaluate` end with them.

import { printable } from "@silhouette/report/printable";
import type { Metrics } from "@silhouette/trainer";

import { wrapped } from "../wrapped.ts";
import { percent, sum } from "./numbers.ts";
import { fits, tableOf } from "./table.ts";

/** The confusion matrix, and the accuracy with its interval. */
export function metricsText(metrics: Metrics): string {
  return `${confusionText(metrics)}${wrapped(`${accuracyLine(metrics)}\n`, process.stdout)}`;
}

function confusionText({ labels, confusion, perClass }: Metrics): string {
  const rows = labels.map((label, index) => {
    const recall = perClass[index]?.recall ?? null;
    return [printable(label), ...(confusion[index] ?? []).map(String), recall === null ? "-" : percent(recall)];
  });
  const table = tableOf(["", ...labels.map(printable), "recall"], rows);
  if (!fits(table)) return wrapped(confusionList({ labels, confusion }), process.stdout);
  return `Rows: actual class. Columns: predicted class.\n${table}\n`;
}

/** The confusion matrix where the table is too wide: one line per class. */
function confusionList({ labels, confusion }: Pick<Metrics, "labels" | "confusion">): string {
  return labels
    .map((label, index) => {
      const row = confusion[index] ?? [];
      const confused = labels.flatMap((other, place) =>
        place !== index && (row[place] ?? 0) > 0 ? [`${row[place]} classified as ${other}`] : [],
      );
      return `${printable([`${label}: ${row[index] ?? 0} of ${sum(row)} correct`, ...confused].join(", "))}\n`;
    })
    .join("");
}

function accuracyLine({ correct, incorrect, accuracy, interval95: [low, high] }: Metrics): string {
  const share =
    accuracy === null ? "" : `: accuracy ${percent(accuracy)} (95 % interval ${percent(low)} to ${percent(high)})`;
  return `${correct} correct, ${incorrect} incorrect${share}`;
}
