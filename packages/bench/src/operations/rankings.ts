// The rankings of a result of the suite operations.

import { rankingsByTitle, type Ranking } from "../measure/ranking.ts";
import { threadsText } from "../measure/report-words.ts";
import type { OperationsResult, OperationTiming } from "./result.ts";

/** One for each operation, size and number of threads. */
export function operationsRankings({ timings }: Pick<OperationsResult, "timings">): readonly Ranking[] {
  const titleOf = ({ operation, floats, threads }: OperationTiming): string =>
    `${operation} of ${floats} floats, ${threadsText(threads)}`;
  return rankingsByTitle(timings, titleOf);
}

/** The same for a chart: of the largest tensors. */
export function operationsChartRankings({ timings }: OperationsResult): readonly Ranking[] {
  const floats = Math.max(...timings.map((timing) => timing.floats));
  return operationsRankings({ timings: timings.filter((timing) => timing.floats === floats) });
}
