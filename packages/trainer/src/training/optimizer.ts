// The optimizer of a training, as set in a run's configuration.

import { belowOne, nonNegative, variants, type Shape } from "../values/json-shape.ts";

/** How gradients change weights. */
export type Optimizer =
  | {
      /** Adam (Kingma and Ba 2015) with Keras' settings: β₁ 0.9, β₂ 0.999, ε 1e-7. */
      readonly method: "adam";
    }
  | {
      /** Adam with decoupled weight decay (Loshchilov and Hutter 2019), as PyTorch's AdamW. */
      readonly method: "adamw";
      /**
       * Before each step, values are multiplied by 1 - rate · `weightDecay`: 0 or more. Biases and the scales and offsets of
       * normalizations, all of rank 1, do not decay.
       */
      readonly weightDecay: number;
    }
  | {
      /** Stochastic gradient descent, as PyTorch's SGD. */
      readonly method: "sgd";
      /** Share of the previous update that is added to the next one: 0 to 1, 1 excluded. */
      readonly momentum: number;
    };

/** Shape of its JSON. */
export const optimizerShape: Shape<Optimizer> = variants<"method", Optimizer>("method", {
  adam: {},
  adamw: { weightDecay: nonNegative },
  sgd: { momentum: belowOne },
});
