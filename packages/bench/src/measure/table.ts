// Tables as text: aligned columns for terminals, and Markdown in the same alignment.

/** A column of rows of one kind. */
export interface Column<Row> {
  readonly title: string;
  readonly align: "left" | "right";
  readonly text: (row: Row) => string;
}

/** Markdown wants as many dashes under a title. */
const LEAST_WIDTH = 3;

/** Lines of a table with its titles. */
export function textTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): readonly string[] {
  return aligned(columns, rows).map((cells) => cells.join("  ").trimEnd());
}

/** The same as Markdown, formatted as prettier formats it. */
export function markdownTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): readonly string[] {
  const [titles = [], ...body] = aligned(columns, rows);
  const rule = titles.map((title, index) => {
    const dashes = "-".repeat(title.length - (columns[index]?.align === "right" ? 1 : 0));
    return columns[index]?.align === "right" ? `${dashes}:` : dashes;
  });
  return [titles, rule, ...body].map((cells) => `| ${cells.join(" | ")} |`);
}

function aligned<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): readonly (readonly string[])[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ text }) => text(row)))];
  const widths = columns.map((_, column) => Math.max(LEAST_WIDTH, ...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    columns.map(({ align }, column) => {
      const cell = row[column] ?? "";
      const width = widths[column] ?? 0;
      return align === "left" ? cell.padEnd(width) : cell.padStart(width);
    }),
  );
}
