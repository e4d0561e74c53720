// Reads tables; values/csv-table.ts defines the format.

import { readFile } from "node:fs/promises";

import { parseTable, type CsvRow, type TablePurpose } from "../../values/csv-table.ts";
import { systemErrorCode, TrainerError } from "../../values/errors.ts";

/**
 * Reads a table whose first line names the columns.
 *
 * @throws {TrainerError} with the codes of `purpose`
 */
export async function readTable(path: string, purpose: TablePurpose): Promise<readonly CsvRow[]> {
  return parseTable(await readTableText(path, purpose), path, purpose, (row) => row);
}

/**
 * Reads the text of a table.
 *
 * @throws {TrainerError} with the code `missing` of `purpose`
 */
export async function readTableText(
  path: string,
  { what, missing, hint }: Pick<TablePurpose, "what" | "missing" | "hint">,
): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    const code = systemErrorCode(cause);
    const reason = code === "ENOENT" ? "it does not exist" : `it cannot be read (${code ?? String(cause)})`;
    throw new TrainerError(missing, `Expected ${what} at ${path}, but ${reason}`, hint, { cause });
  });
}
