// Classes that no test says anything about.

import { printable } from "@silhouette/report/printable";

import type { Counts } from "../events.ts";

/** Maximum number of classes that are listed. */
const LISTED = 10;

/** One line with the classes that have no test pictures, if there are any. */
export function untestedLines(labels: readonly string[], counts: Counts): readonly string[] {
  const names = labels.filter((_, index) => (counts.test[index] ?? 0) === 0);
  if (names.length === 0) return [];
  const listed =
    names.length > LISTED ? `${names.slice(0, LISTED).join(", ")} and ${names.length - LISTED} more` : names.join(", ");
  return [printable(`Not tested, for lack of test pictures: ${listed}`)];
}
