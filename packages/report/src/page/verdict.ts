// The paired test of two runs in words.

import type { RunComparison } from "@silhouette/trainer";

import { counted, pText } from "./numbers.ts";

/** p-value below which chance does not explain a difference. */
const SIGNIFICANT = 0.05;

/**
 * What a paired test says.
 *
 * @param pair the test; null where the runs share no test pictures
 * @param first and `second`: what the runs are called
 */
export function verdictOf(pair: RunComparison | null, first: string, second: string): string {
  if (pair === null)
    return `${second} and ${first} were tested on different pictures, so they cannot be compared in pairs.`;
  const { pictures, onlyFirst, onlySecond, pValue } = pair;
  const onlyOne = onlyFirst + onlySecond;
  if (onlyOne === 0) {
    return `${second} and ${first} classify the same of the ${counted(pictures, "shared test picture")} correctly.`;
  }
  const [better, worse, more, fewer] =
    onlySecond > onlyFirst ? [second, first, onlySecond, onlyFirst] : [first, second, onlyFirst, onlySecond];
  const counts = `of the ${counted(onlyOne, "picture")} that only one of them classifies correctly, ${better} has ${more} and ${worse} has ${fewer}`;
  return pValue < SIGNIFICANT
    ? `${better} is better than ${worse}: ${counts} (${pText(pValue)}).`
    : `Chance explains the difference between ${second} and ${first}: ${counts} (${pText(pValue)}).`;
}
