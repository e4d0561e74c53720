// The ranking of a result of the suite prepare.

import { rankingOf, rowOf, type Ranking } from "../measure/ranking.ts";
import type { PrepareResult } from "./result.ts";
import { photographsText } from "./report.ts";

/** A single one. */
export function prepareRankings({ photographs, peers }: PrepareResult): readonly Ranking[] {
  return [
    rankingOf(
      photographsText(photographs),
      "",
      peers.map((peer) => rowOf(peer)),
    ),
  ];
}
