// The chart of a result of the suite operations: its large tensors.

import { barChart } from "../measure/chart.ts";
import { OPERATIONS_TITLE } from "./report.ts";
import type { OperationsResult, OperationTiming } from "./result.ts";

/** A row per operation on the largest tensors, with a bar per backend and number of threads. */
export function operationsChart({ timings, machine }: OperationsResult): string {
  const floats = Math.max(...timings.map((timing) => timing.floats));
  const large = timings.filter((timing) => timing.floats === floats);
  const rows = [...new Set(large.map(({ operation }) => operation))];
  const nameOf = ({ name, threads }: OperationTiming): string => `${name}, threads ${threads}`;
  const series = [...new Set(large.map(nameOf))].map((name) => {
    const own = large.filter((timing) => nameOf(timing) === name);
    const values = rows.map((row) => own.find(({ operation }) => operation === row)?.medianMilliseconds ?? null);
    return { name, values };
  });
  return barChart(OPERATIONS_TITLE, machine, rows, series);
}
