// Precision, recall and F1 by class, which can be sorted.

import type { Metrics } from "@silhouette/trainer";
import { useState } from "preact/hooks";

import { Bar } from "./bar.tsx";
import { Fold } from "./fold.tsx";
import { f1, percent, sum, whole } from "./numbers.ts";
import { Scrolling } from "./section.tsx";
import { Name } from "./text.tsx";

/** Classes that a screen shows at first. */
const FIRST = 20;

/** A class and its numbers. */
interface Row {
  readonly label: string;
  readonly pictures: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

/** Columns in their order, with what they are called. */
const COLUMNS = [
  ["label", "Class"],
  ["pictures", "Pictures"],
  ["precision", "Precision"],
  ["recall", "Recall"],
  ["f1", "F1"],
] as const;

type Column = (typeof COLUMNS)[number][0];

/** How the rows are sorted. */
interface Order {
  readonly by: Column;
  readonly isDescending: boolean;
}

/** The classes in the order of the labels, or as their reader sorts them. */
export function ClassTable({ metrics }: { readonly metrics: Metrics }) {
  const [order, setOrder] = useState<Order | null>(null);
  const rows = sorted(rowsOf(metrics), order);
  return (
    <Fold total={rows.length} first={FIRST} what="classes">
      {(isBeyond) => (
        <Scrolling label="Metrics by class">
          <table class="numbers">
            <thead>
              <tr>
                {COLUMNS.map(([column, title]) => (
                  <th
                    key={column}
                    scope="col"
                    aria-sort={order?.by === column ? (order.isDescending ? "descending" : "ascending") : "none"}
                  >
                    <button type="button" class="sort" onClick={() => setOrder(next(order, column))}>
                      {title}
                    </button>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ label, pictures, precision, recall, f1: mean }, index) => (
                <tr key={label} class={isBeyond(index) ? "beyond" : undefined}>
                  <th scope="row">
                    <Name text={label} />
                  </th>
                  <td>{whole(pictures)}</td>
                  {([precision, recall, mean] as const).map((share, column) => (
                    <td key={column}>
                      <Bar share={share} />
                      {percent(share)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolling>
      )}
    </Fold>
  );
}

function rowsOf({ perClass, confusion }: Metrics): readonly Row[] {
  return perClass.map(({ label, precision, recall }, index) => ({
    label,
    pictures: sum(confusion[index] ?? []),
    precision,
    recall,
    f1: f1(precision, recall),
  }));
}

/** The order after a click: the lowest first, then the highest, then the labels' own. */
function next(order: Order | null, by: Column): Order | null {
  if (order?.by !== by) return { by, isDescending: false };
  return order.isDescending ? null : { by, isDescending: true };
}

function sorted(rows: readonly Row[], order: Order | null): readonly Row[] {
  if (order === null) return rows;
  const sign = order.isDescending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [left, right] = [a[order.by], b[order.by]];
    // Unknown values come last.
    if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
    return (
      sign *
      (typeof left === "string" || typeof right === "string" ? String(left).localeCompare(String(right)) : left - right)
    );
  });
}
