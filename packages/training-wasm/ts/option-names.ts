// Names of options, checked: one that is misspelt would be passed over in silence.
//
// Without a library, which pages that use no bundler would have to name in their import maps.

/** Edits that are still taken for a slip. */
const MOST_SLIPS = 3;

/**
 * @param call whose options they are, for the message
 * @param options as a caller gave them
 * @param known names that there are
 * @throws {RangeError} for options that are no object, or another name; it suggests the nearest
 */
export function checkOptionNames(call: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null)
    throw new RangeError(
      `Expected an object for the options of ${call}, but received ${options === null ? "null" : typeof options}`,
    );
  const name = Object.keys(options).find((each) => !known.includes(each));
  if (name === undefined) return;
  const slips = (other: string): number => editDistance(name.toLowerCase(), other.toLowerCase());
  const [nearest = ""] = known.toSorted((one, other) => slips(one) - slips(other));
  // A name of a few letters is that far from any other.
  const isNear = slips(nearest) <= Math.min(MOST_SLIPS, Math.floor(nearest.length / 2));
  throw new RangeError(
    `Expected options of ${call} named ${known.join(", ")}, but received ${JSON.stringify(name)}.` +
      (isNear ? ` Did you mean ${nearest}?` : ""),
  );
}

/** Characters to insert, delete or replace: Levenshtein's distance. */
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
