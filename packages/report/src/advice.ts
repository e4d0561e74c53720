// What to do next with a run: one sentence, by what matters most.

import type { Metrics, RunComparison, RunResults } from "@silhouette/trainer/browser";
import { isOverfitted } from "@silhouette/trainer/facts";

import type { Blame } from "./report-data.ts";

/** Training pictures per class below which more of them help before anything else. */
const FEW = 50;

/** Width of the accuracy's interval above which more test pictures say more. */
const WIDE = 0.15;

/** Accuracy above which mistakes have no pattern to speak of. */
const GOOD = 0.98;

/** Number of mistakes from which on their cause, or a pair of classes, says something. */
const PATTERN = 3;

/** p-value below which one run counts as better. */
const SIGNIFICANT = 0.05;

/** What a sentence is about. */
export interface Findings extends RunResults {
  /** Causes of the mistakes that are shown. */
  readonly blames: readonly Blame[];
  /** The command that classifies pictures with the run; null if its model cannot be loaded. */
  readonly predictCommand: string | null;
}

/** What to do next with a run. */
export function adviceFor(findings: Findings): string {
  const { config, test, blames, predictCommand } = findings;
  if (test === null) return unfinished(findings);
  if (predictCommand === null) return NO_MODEL;
  return (
    fewPictures(config.counts.train, config.dataset.labels) ??
    masks(blames, config.recipe.input) ??
    overfitting(findings) ??
    confusedPair(test.metrics) ??
    fewTests(test.metrics) ??
    `Classify photographs of your own with it: ${predictCommand}`
  );
}

const NO_MODEL =
  "The model of this run cannot be loaded: restore an intact copy of its model folder, or train it again with the command below.";

/** The result of a comparison of `name` with `first`. */
export function comparisonAdvice(
  [first = "", ...others]: readonly string[],
  pairs: readonly (RunComparison | null)[],
): string {
  const better = others.flatMap((name, index) => {
    const pair = pairs[index];
    if (pair === null || pair === undefined || pair.pValue >= SIGNIFICANT) return [];
    const [winner, loser] = pair.onlyFirst > pair.onlySecond ? [first, name] : [name, first];
    return [`${winner} is better than ${loser} (p = ${pValueText(pair.pValue)})`];
  });
  if (better.length > 0) return `${better.join(", and ")}.`;
  if (pairs.every((pair) => pair === null)) {
    return "These runs have no test pictures in common: train them on the same photographs to compare them.";
  }
  const pictures = Math.max(...pairs.map((pair) => pair?.pictures ?? 0));
  return `There is no evidence on ${pictures} test pictures that one is better than another: test with more pictures, or keep the simpler one.`;
}

function unfinished({ config: { epochs, imported }, history }: Findings): string {
  if (imported !== undefined)
    return "The model was imported, and has no results here: test it with silhouette evaluate.";
  if (history.length === 0) return "The training was stopped before its first epoch ended: continue it with --resume.";
  return `The training was stopped after epoch ${history.length} of ${epochs}, before its test: continue it with --resume.`;
}

function fewPictures(counts: readonly number[], labels: readonly string[]): string | undefined {
  const fewest = Math.min(...counts);
  const label = labels[counts.indexOf(fewest)];
  if (fewest >= FEW || label === undefined) return undefined;
  return `Add pictures of ${label}: the network has learned from ${fewest}, and a few hundred per class are a start.`;
}

function masks(blames: readonly Blame[], input: string): string | undefined {
  const bad = blames.filter(({ what }) => what === "mask").length;
  if (bad < PATTERN || 2 * bad < blames.length || input === "gray" || input === "rgb") return undefined;
  return `${bad} of the ${blames.length} mistakes below are pictures whose masks do not show the object: try --input gray, or take them on a plainer background.`;
}

function overfitting({ config: { counts, recipe }, history }: Findings): string | undefined {
  const last = history.at(-1);
  const validation = counts.val.reduce((sum, count) => sum + count, 0);
  if (last === undefined || last.valAccuracy === null || !isOverfitted(last, validation)) return undefined;
  const augmented = recipe.augmentation === null ? ", or --recipe compact, which augments them" : "";
  return (
    `The network knows its training pictures (${percent(last.accuracy)}) better than the validation pictures (${percent(last.valAccuracy)}): ` +
    `add pictures of each class${augmented}.`
  );
}

function confusedPair({ labels, confusion, incorrect, accuracy }: Metrics): string | undefined {
  const pairs = labels.flatMap((one, index) =>
    labels.slice(index + 1).map((other, place) => {
      const second = index + 1 + place;
      return { one, other, mistakes: (confusion[index]?.[second] ?? 0) + (confusion[second]?.[index] ?? 0) };
    }),
  );
  const [most] = pairs.toSorted((one, other) => other.mistakes - one.mistakes);
  if (most === undefined || most.mistakes < PATTERN || 2 * most.mistakes < incorrect) return undefined;
  if ((accuracy ?? 0) > GOOD) return undefined;
  return `${most.mistakes} of ${incorrect} mistakes are between ${most.one} and ${most.other}: add pictures of both, above all of kinds that are confused below.`;
}

function fewTests({ pictures, interval95: [low, high] }: Metrics): string | undefined {
  if (high - low < WIDE) return undefined;
  return (
    `The accuracy is somewhere from ${percent(low)} to ${percent(high)}, because there are only ${pictures} test pictures: ` +
    "add some, or test every picture with silhouette crossvalidate."
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function pValueText(pValue: number): string {
  return pValue < 0.001 ? pValue.toExponential(0) : pValue.toFixed(3);
}
