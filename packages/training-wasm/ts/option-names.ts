// Checks the names of options: a misspelt one would be ignored silently.
//
// Without a library, which pages without a bundler would have to list in their import maps.

/** Edits that still count as a typo. */
const MOST_TYPOS = 3;

/**
 * @param call the function, for the message
 * @param options the caller's options
 * @param known the known names
 * @throws {RangeError} for options that are not an object, or an unknown name; it suggests the nearest
 */
export function checkOptionNames(call: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null)
    throw new RangeError(
      `Expected an object for the options of ${call}, but received ${options === null ? "null" : typeof options}`,
    );
  const name = Object.keys(options).find((each) => !known.includes(each));
  if (name === undefined) return;
  const typos = (other: string): number => editDistance(name.toLowerCase(), other.toLowerCase());
  const [nearest = ""] = known.toSorted((one, other) => typos(one) - typos(other));
  // A name of a few letters is within that distance of any other.
  const isNear = typos(nearest) <= Math.min(MOST_TYPOS, Math.floor(nearest.length / 2));
  throw new RangeError(
    `Expected options of ${call} named ${known.join(", ")}, but received ${JSON.stringify(name)}.` +
      (isNear ? ` Did you mean ${nearest}?` : ""),
  );
}

/** Number of characters to insert, delete or replace: the Levenshtein distance. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const character of one) {
    const next = [(row[0] ?? 0) + 1];
    for (let index = 0; index < other.length; index++) {
      const replaced = (row[index] ?? 0) + (character === other[index] ? 0 : 1);
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
