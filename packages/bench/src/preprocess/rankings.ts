// The rankings of a result of the suite preprocess.

import { rankingOf, rowOf, type Ranking } from "../measure/ranking.ts";
import type { PreprocessResult } from "./result.ts";

/** One for each kind of picture. */
export function preprocessRankings({ cases }: PreprocessResult): readonly Ranking[] {
  return cases.map(({ name, peers }) =>
    rankingOf(
      name,
      "",
      peers.map((peer) => rowOf(peer)),
    ),
  );
}
