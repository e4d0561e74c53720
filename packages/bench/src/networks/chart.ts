// The chart of a result of the suite networks.

import { barChart } from "../measure/chart.ts";
import { threadsText } from "../measure/report-words.ts";
import { NETWORK_PEERS } from "./peers.ts";
import { NETWORKS_TITLE } from "./report.ts";
import type { NetworkGroup, NetworksResult } from "./result.ts";

/** A row per network, use and number of threads, with a bar per peer; none for those whose bars would dwarf all others. */
export function networksChart({ groups, machine }: NetworksResult): string {
  const nameOf = ({ network, use, threads }: NetworkGroup): string => `${network}, ${use}, ${threadsText(threads)}`;
  const series = NETWORK_PEERS.filter(({ mostSeconds }) => mostSeconds === undefined).map((peer) => {
    const values = groups.map(({ peers }) => peers.find(({ name }) => name === peer.name)?.medianMilliseconds ?? null);
    return { name: peer.name, values };
  });
  return barChart(NETWORKS_TITLE, machine, groups.map(nameOf), series);
}
