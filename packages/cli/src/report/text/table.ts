// Tables on stdout.

import Table from "cli-table3";

/** A table: the first column is aligned left, the others right. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, index) => (index === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push([...row]);
  return table.toString();
}

/** Whether `table` is not wider than the terminal. */
export function fits(table: string): boolean {
  // A terminal of unknown width reports 0.
  return table.indexOf("\n") <= (process.stdout.columns || Infinity);
}
