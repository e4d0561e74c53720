// The rankings of a result of the suite convolutions.

import { rankingsByTitle, type Ranking } from "../measure/ranking.ts";
import type { ConvolutionsResult, ConvolutionTiming } from "./result.ts";

/** One for each layer and operation. */
export function convolutionsRankings({ timings }: ConvolutionsResult): readonly Ranking[] {
  const titleOf = ({ layer, operation }: ConvolutionTiming): string => `${layer}, ${operation}`;
  return rankingsByTitle(timings, titleOf);
}
