// The rankings of a result of the suite networks.

import { rowName } from "../measure/peer-table.ts";
import { rankingOf, rowOf, type Ranking } from "../measure/ranking.ts";
import { threadsText } from "../measure/report-words.ts";
import { NETWORK_PEERS } from "./peers.ts";
import type { NetworksResult } from "./result.ts";

/** One for each network, use and number of threads. */
export function networksRankings({ groups }: NetworksResult): readonly Ranking[] {
  return groups.map((group) => {
    const { network, use, batch, threads, peers } = group;
    const title = `${network}, ${use}, batch ${batch}, ${threadsText(threads)}`;
    const rows = peers.map((peer) => rowOf(peer, rowName(peer, group)));
    return rankingOf(title, `--threads ${threads}`, rows);
  });
}

/** The same for a chart: without peers whose bars would dwarf all others. */
export function networksChartRankings(result: NetworksResult): readonly Ranking[] {
  const isSlow = (name: string): boolean =>
    NETWORK_PEERS.some((peer) => peer.name === name && peer.mostSeconds !== undefined);
  return networksRankings(result).map((ranking) => ({
    ...ranking,
    rows: ranking.rows.filter(({ peer }) => !isSlow(peer)),
  }));
}
