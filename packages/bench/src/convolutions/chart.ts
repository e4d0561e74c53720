// The chart of a result of the suite convolutions.

import { barChart } from "../measure/chart.ts";
import { CONVOLUTIONS_TITLE } from "./report.ts";
import type { ConvolutionsResult, ConvolutionTiming } from "./result.ts";

/** A row per operation of each layer, with a bar per family of kernels. */
export function convolutionsChart({ timings, machine }: ConvolutionsResult): string {
  const nameOf = ({ layer, operation }: ConvolutionTiming): string => `${layer}, ${operation}`;
  const rows = [...new Set(timings.map(nameOf))];
  const series = [...new Set(timings.map(({ name }) => name))].map((family) => {
    const own = timings.filter(({ name }) => name === family);
    const values = rows.map((row) => own.find((timing) => nameOf(timing) === row)?.medianMilliseconds ?? null);
    return { name: family, values };
  });
  return barChart(CONVOLUTIONS_TITLE, machine, rows, series);
}
