// The rankings of a result of a training suite.

import { rowName } from "../measure/peer-table.ts";
import { rankingOf, rowOf, type Ranking } from "../measure/ranking.ts";
import { groupName } from "./ratios.ts";
import type { TrainingResult } from "./result.ts";

/** One for each network, number of threads and batch. */
export function trainingRankings({ suite, groups }: TrainingResult): readonly Ranking[] {
  return groups.map((group) => {
    const { network, batch, threads, peers } = group;
    // The pictures that are loaded are of one network.
    const options = `${suite === "load" ? "" : `--network ${network} `}--batch ${batch} --threads ${threads}`;
    const rows = peers.map((peer) => rowOf(peer, rowName(peer, group)));
    return rankingOf(groupName(group), options, rows);
  });
}
