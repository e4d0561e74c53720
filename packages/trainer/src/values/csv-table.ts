// Tables in CSV (RFC 4180), as this package and spreadsheets write them: in UTF-8 with or without a byte order mark, with LF or CRLF,
// separated by commas, semicolons or tabs.

// The parser brings its own Buffer, so that it runs in pages.
import { parse } from "csv-parse/browser/esm/sync";

import { TrainerError, type TrainerErrorCode } from "./errors.ts";

/** A row: its fields by the names of the columns. Fields that a row lacks are undefined. */
export type CsvRow = Readonly<Record<string, string | undefined>>;

/** What a table is for, in errors. */
export interface TablePurpose {
  /** What it is, such as "a list of files to leave out". */
  readonly what: string;
  /** Columns that it must have. */
  readonly columns: readonly string[];
  /** Code if it does not exist. */
  readonly missing: TrainerErrorCode;
  /** Code if it is another kind of file. */
  readonly unreadable: TrainerErrorCode;
  /** What to do then. */
  readonly hint: string;
}

/** Separators that spreadsheets write, depending on the language. */
const SEPARATORS = [",", ";", "\t"] as const;

/**
 * Reads a table whose first line names the columns.
 *
 * @param path of the table, for messages
 * @param resultOf what is kept of a row, of which only one is in memory at a time; `index` counts from 0
 * @throws {TrainerError} with the code `unreadable` of `purpose`; what `resultOf` throws, if it is one
 */
export function parseTable<Result extends object>(
  text: string,
  path: string,
  purpose: Omit<TablePurpose, "missing">,
  resultOf: (row: CsvRow, index: number) => Result,
): readonly Result[] {
  const { what, columns, unreadable, hint } = purpose;
  const content = text.replace(/^\uFEFF/, "");
  const [head = ""] = content.split(/\r?\n/, 1);
  const delimiter = SEPARATORS.find((each) => columns.every((column) => namesIn(head, each).includes(column)));
  if (delimiter === undefined) {
    const shown = JSON.stringify(head.slice(0, SHOWN));
    const message = `Expected ${what} with the column ${columns.join(", ")} at ${path}, but its first line is ${shown}`;
    throw new TrainerError(unreadable, message, hint);
  }
  let index = 0;
  try {
    // The parser would encode a string into an array of numbers, which ends the process if there are more than 100 million.
    return parse<Result, CsvRow>(utf8.encode(content), {
      // Spreadsheets and people add spaces; other names, such as those of classes, may have some of their own.
      columns: (names: string[]) => names.map((name) => (columns.includes(name.trim()) ? name.trim() : name)),
      delimiter,
      relaxColumnCount: true,
      skipEmptyLines: true,
      onRecord: (row: CsvRow) => resultOf(row, index++),
    });
  } catch (cause) {
    if (cause instanceof TrainerError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TrainerError(unreadable, `Expected ${what} at ${path}, but it is not CSV: ${reason}`, hint, { cause });
  }
}

const utf8 = new TextEncoder();

/** Characters of a first line that are shown in a message. */
const SHOWN = 60;

function namesIn(head: string, delimiter: string): readonly string[] {
  return head.split(delimiter).map((name) => name.trim().replace(/^"(.*)"$/, "$1"));
}

/** A table as text. Lines end with a line feed, as Python's and R's libraries write them on Linux and macOS. */
export function csvText(rows: readonly (readonly string[])[]): string {
  return rows.map((fields) => `${fields.map(quoted).join(",")}\n`).join("");
}

/** RFC 4180: fields with commas, quotes or line breaks are quoted, and quotes within them are doubled. */
function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
