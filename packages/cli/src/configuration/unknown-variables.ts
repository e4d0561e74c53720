// Environment variables that look like a setting and are none: a misspelt one would be ignored without a word.

import { closest, distance } from "fastest-levenshtein";

/** Start of the names of all settings. */
const PREFIX = "SILHOUETTE_";

/** Edits between a misspelt name and the one meant, by the length of what follows the prefix. */
const maxEdits = (length: number): number => (length < 5 ? 1 : 2);

/** A variable that sets nothing. */
export interface UnknownVariable {
  readonly name: string;
  /** The variable that is probably meant. */
  readonly meant: string;
}

/**
 * The variables that are misspelt. Names that are far from every setting are others' business.
 *
 * @param known names of the variables that are settings
 */
export function unknownVariables(env: NodeJS.ProcessEnv, known: readonly string[]): readonly UnknownVariable[] {
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !known.includes(name))
    .toSorted()
    .flatMap((name) => {
      const meant = closest(name, known);
      return distance(name, meant) <= maxEdits(name.length - PREFIX.length) ? [{ name, meant }] : [];
    });
}
