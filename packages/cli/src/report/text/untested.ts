// Classes that a test says nothing, or little, about.

import { printable } from "@silhouette/report/printable";

import type { Counts, Event } from "../events.ts";

/** Maximum number of classes that are listed. */
const LISTED = 10;

/** One line with the classes that have no test pictures, if there are any. */
export function untestedLines(labels: readonly string[], counts: Counts): readonly string[] {
  const names = labels.filter((_, index) => (counts.test[index] ?? 0) === 0);
  return names.length === 0 ? [] : [printable(`Not tested, for lack of test pictures: ${listed(names)}`)];
}

/** Warnings of classes that some folds do not test. */
export function rareClassesText({ folds, classes }: Event<"rareClasses">): string {
  const unlearned = classes.filter(({ testedIn }) => testedIn === 1).map(({ label }) => label);
  const rare = classes.filter(({ testedIn }) => testedIn > 1).map(({ label, testedIn }) => `${label} (${testedIn})`);
  const lines = [
    ...(unlearned.length === 0
      ? []
      : [
          `Warning: ${listed(unlearned)}: a single picture, or copies of one. The network that is tested on it has learned nothing of the class, and ` +
            "cannot find it: add pictures",
        ]),
    ...(rare.length === 0
      ? []
      : [
          `Warning: too few pictures for each of the ${folds} folds to test the class: ${listed(rare)}. Add pictures, or choose fewer folds`,
        ]),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function listed(names: readonly string[]): string {
  if (names.length <= LISTED) return names.join(", ");
  return `${names.slice(0, LISTED).join(", ")} and ${names.length - LISTED} more`;
}
