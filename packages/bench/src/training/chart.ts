// The chart of a training result.

import { barChart } from "../measure/chart.ts";
import { threadsText } from "../measure/report-words.ts";
import { SUITE_TITLES } from "./report.ts";
import type { TrainingResult } from "./result.ts";

/** A row per peer and number of threads, with a bar per batch. */
export function trainingChart({ suite, groups, machine }: TrainingResult): string {
  const batches = [...new Set(groups.map(({ batch }) => batch))];
  const nameOf = (peer: string, threads: number): string => `${peer}, ${threadsText(threads)}`;
  const rows = [...new Set(groups.flatMap(({ peers }) => peers.map(({ name, threads }) => nameOf(name, threads))))];
  const series = batches.map((batch) => {
    const peers = groups.flatMap((group) => (group.batch === batch ? group.peers : []));
    const values = rows.map(
      (row) => peers.find(({ name, threads }) => nameOf(name, threads) === row)?.medianMilliseconds ?? null,
    );
    return { name: `batch ${batch}`, values };
  });
  return barChart(SUITE_TITLES[suite], machine, rows, series);
}
