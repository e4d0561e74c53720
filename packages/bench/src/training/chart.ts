// The chart of a training result.

import { barChart } from "../measure/chart.ts";
import { threadsText } from "../measure/report-words.ts";
import { titleOf } from "./report.ts";
import type { Group, TrainingResult } from "./result.ts";

/** A row per peer and number of threads, with a bar per network and batch. */
export function trainingChart({ suite, groups, machine }: TrainingResult): string {
  const networks = [...new Set(groups.map(({ network }) => network))];
  const seriesOf = ({ network, batch }: Pick<Group, "network" | "batch">): string =>
    networks.length === 1 ? `batch ${batch}` : `${network}, batch ${batch}`;
  const nameOf = (peer: string, threads: number): string => `${peer}, ${threadsText(threads)}`;
  const rows = [...new Set(groups.flatMap(({ peers }) => peers.map(({ name, threads }) => nameOf(name, threads))))];
  const series = [...new Set(groups.map(seriesOf))].map((name) => {
    const peers = groups.flatMap((group) => (seriesOf(group) === name ? group.peers : []));
    const values = rows.map(
      (row) => peers.find((peer) => nameOf(peer.name, peer.threads) === row)?.medianMilliseconds ?? null,
    );
    return { name, values };
  });
  return barChart(titleOf(suite, networks.length === 1 ? networks : []), machine, rows, series);
}
