// The rankings of a result of the suite convolutions.

import { rankingOf, rowOf, type Ranking } from "../measure/ranking.ts";
import type { ConvolutionsResult, ConvolutionTiming } from "./result.ts";

/** One for each layer and operation. */
export function convolutionsRankings({ timings }: ConvolutionsResult): readonly Ranking[] {
  const titleOf = ({ layer, operation }: ConvolutionTiming): string => `${layer}, ${operation}`;
  return [...new Set(timings.map(titleOf))].map((title) => {
    const own = timings.filter((timing) => titleOf(timing) === title);
    return rankingOf(
      title,
      "",
      own.map((timing) => rowOf(timing)),
    );
  });
}
