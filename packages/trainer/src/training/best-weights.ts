// The weights of the best epoch so far, which a recipe may make the model, as Keras' EarlyStopping with restore_best_weights does.

import type { Variable } from "@tensorflow/tfjs-core";

import { assignValues, checkValues, namedValues, type NamedValues } from "../network/weights.ts";
import { Damage } from "../values/errors.ts";

/** A copy of a network's weights, outside of the backend's memory. */
export class BestWeights {
  readonly #variables: readonly Variable[];
  #values: readonly NamedValues[] = [];

  /** @param variables all weights of the network, with population statistics */
  constructor(variables: readonly Variable[]) {
    this.#variables = variables;
  }

  /** Replaces the copy by the network's current weights. */
  keep(): void {
    this.#values = namedValues(this.#variables);
  }

  /** The copy: empty before the first epoch. Do not modify it. */
  values(): readonly NamedValues[] {
    return this.#values;
  }

  /**
   * @param epoch number of completed epochs: there are weights if there are any
   * @throws {Damage} if the values belong to another network, or are missing
   */
  restore(values: readonly NamedValues[], epoch: number): void {
    if (epoch === 0 && values.length > 0) throw new Damage("it has weights of a best epoch before the first one");
    if (epoch > 0) checkValues(this.#variables, values);
    this.#values = values;
  }

  /** Returns the result of `use`, meanwhile with the copy in the network. */
  async use<Result>(use: () => Promise<Result>): Promise<Result> {
    const current = namedValues(this.#variables);
    assignValues(this.#variables, this.#values);
    try {
      return await use();
    } finally {
      assignValues(this.#variables, current);
    }
  }
}
