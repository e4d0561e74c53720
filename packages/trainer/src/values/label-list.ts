// Class names as one text, as `--labels` takes them: with commas between, and in double quotes where a name needs them.

/**
 * The names with commas between. A name with a comma, a double quote or a space at an end is put into double quotes, and its
 * double quotes are doubled (RFC 4180); and the whole into single quotes, if a POSIX shell would change it otherwise.
 *
 * @param labels class names
 */
export function labelList(labels: readonly string[]): string {
  const list = labels.map((label) => (needsQuotes(label) ? `"${label.replaceAll('"', '""')}"` : label)).join(",");
  return /^[\p{L}\p{M}\p{N}_.,:/@%+-]+$/u.test(list) ? list : `'${list.replaceAll("'", String.raw`'\''`)}'`;
}

function needsQuotes(label: string): boolean {
  return /[",\r\n]/.test(label) || label !== label.trim() || label === "";
}
