// Classes that a test says nothing, or little, about.

import { printable } from "@silhouette/report/printable";
import type { Split } from "@silhouette/trainer";

import type { Counts, Event } from "../events.ts";

/** Maximum number of classes that are listed. */
const LISTED = 10;

/**
 * Lines about the classes that have no training pictures, or no test pictures, if there are any.
 *
 * @param isPart whether files were left out
 */
export function missingPicturesLines(labels: readonly string[], counts: Counts, isPart: boolean): readonly string[] {
  const without = (split: Split): readonly string[] => labels.filter((_, index) => (counts[split][index] ?? 0) === 0);
  const [untrained, untested] = [without("train"), without("test")];
  const lines = [
    ...(untrained.length === 0 ? [] : [`No training pictures of ${listed(untrained)}: add some`]),
    ...(untested.length === 0 ? [] : [`Not tested, for lack of test pictures: ${listed(untested)}`]),
  ];
  return lines.map((line) => printable(isPart ? `${line}. The files that are left out may be why` : line));
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
