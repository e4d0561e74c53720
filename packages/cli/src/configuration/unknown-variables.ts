// Environment variables that look like a setting and are none: they would be ignored without a word.

import { closest, distance } from "fastest-levenshtein";

/** Start of the names of all settings. */
const PREFIX = "SILHOUETTE_";

/** Variables that benchmarks and tests read. */
const READ_ELSEWHERE: ReadonlySet<string> = new Set(
  ["PYTHON", "NODES", "DENO", "BUN", "WORKERD", "WASMTIME", "EXPORTS", "MODEL_RUNTIMES", "TFJS_NODE", "BROWSERS"].map(
    (name) => PREFIX + name,
  ),
);

/** Edits between a misspelt name and the one meant, by the length of what follows the prefix. */
const maxEdits = (length: number): number => (length < 5 ? 1 : 2);

/** A variable that sets nothing. */
export interface UnknownVariable {
  readonly name: string;
  /** The variable that is probably meant; null if none is similar. */
  readonly meant: string | null;
}

/**
 * The variables that set nothing, and that nothing else of the project reads, in order.
 *
 * @param known names of the variables that are settings
 */
export function unknownVariables(env: NodeJS.ProcessEnv, known: readonly string[]): readonly UnknownVariable[] {
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !known.includes(name) && !READ_ELSEWHERE.has(name))
    .toSorted()
    .map((name) => {
      const meant = closest(name, known);
      const isSimilar = distance(name, meant) <= maxEdits(name.length - PREFIX.length);
      return { name, meant: isSimilar ? meant : null };
    });
}
