// An exponential moving average of weights (Polyak and Juditsky 1992), which is evaluated and saved instead of them.

import { add, mul, tidy, variable, type Variable } from "@tensorflow/tfjs-core";

import { assignValues, namedValues, type NamedValues } from "../network/weights.ts";

/** The averages of some variables. Dispose of them after use. */
export class AveragedWeights {
  readonly #decay: number;
  readonly #variables: readonly Variable[];
  readonly #averages: readonly Variable[];

  /** @param decay share of the average that each step keeps: 0 to 1, 1 excluded */
  constructor(decay: number, variables: readonly Variable[]) {
    this.#decay = decay;
    this.#variables = variables;
    this.#averages = tidy(() => variables.map((each) => variable(each.clone(), false)));
  }

  /**
   * Adds the variables to the averages: a ← decay · a + (1 - decay) · θ.
   *
   * @param step number of steps so far: the averages of the first are its values
   */
  add(step: number): void {
    for (const [index, each] of this.#variables.entries()) {
      const average = this.#averages[index];
      tidy(() => {
        if (step === 1) average?.assign(each);
        else average?.assign(add(mul(average, this.#decay), mul(each, 1 - this.#decay)));
      });
    }
  }

  /** Exchanges the values of the variables with their averages. */
  swap(): void {
    for (const [index, each] of this.#variables.entries()) {
      const average = this.#averages[index];
      if (average === undefined) continue;
      tidy(() => {
        const value = each.clone();
        each.assign(average);
        average.assign(value);
      });
    }
  }

  /** A copy of the averages. */
  values(): readonly NamedValues[] {
    return namedValues(this.#averages);
  }

  /** @throws {Damage} if the values belong to other variables */
  restore(values: readonly NamedValues[]): void {
    assignValues(this.#averages, values);
  }

  dispose(): void {
    for (const each of this.#averages) each.dispose();
  }
}
