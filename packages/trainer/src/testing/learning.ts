// For tests: training steps with the article's recipe.

import { ARTICLE } from "../training/recipes.ts";
import type { StepOptions } from "../training/learner.ts";
import type { Generator } from "../values/generator.ts";

/** Learning rate of all steps. */
export const RATE = ARTICLE.learningRate.rate;

/** A step that draws from `generator`. */
export function drawingFrom(generator: Generator): StepOptions {
  return { generator, learningRate: RATE };
}
