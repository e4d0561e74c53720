// Class names as one string, as `--labels` takes them: separated by commas, and quoted where necessary.

/**
 * Joins class names with commas. A name that contains a comma or a double quote, or starts or ends with a space, is put into
 * double quotes, with its double quotes doubled (RFC 4180). The result is put into single quotes if a POSIX shell would change
 * it otherwise.
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
