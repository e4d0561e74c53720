// The chart of a result of the suite browsers.

import { barChart } from "../measure/chart.ts";
import { BROWSERS_TITLE, groupName } from "./report.ts";
import type { BrowsersResult } from "./result.ts";

/** A row per group, with a bar per engine. */
export function browsersChart({ groups, machine }: BrowsersResult): string {
  const names = [...new Set(groups.flatMap(({ engines }) => engines.map(({ name }) => name)))];
  const series = names.map((name) => {
    const values = groups.map(
      ({ engines }) => engines.find((timing) => timing.name === name)?.medianMilliseconds ?? null,
    );
    return { name, values };
  });
  return barChart(BROWSERS_TITLE, machine, groups.map(groupName), series);
}
