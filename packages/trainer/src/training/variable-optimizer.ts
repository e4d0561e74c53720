// An optimizer for a fixed list of variables, with a state that a checkpoint can store and restore exactly.

import { tidy, variable, zerosLike, type NamedTensorMap, type Variable } from "@tensorflow/tfjs-core";

import type { NetworkOperations } from "../backend/operations.ts";
import { assignValues, namedValues, type NamedValues } from "../network/weights.ts";
import { Damage } from "../values/errors.ts";
import type { Optimizer } from "./optimizer.ts";
import { ruleOf, type UpdateRule } from "./update-rules.ts";

/** An optimizer's state between steps. */
export interface OptimizerState {
  /** Number of steps so far. */
  readonly step: number;
  /** What it keeps of each variable, by name: `m` and `v` of Adam and AdamW, `momentum` of SGD with momentum. */
  readonly slots: Readonly<Record<string, readonly NamedValues[]>>;
}

/** An optimizer for a fixed list of variables. Dispose of it after use. */
export class VariableOptimizer {
  readonly #rule: UpdateRule;
  readonly #variables: readonly Variable[];
  /** For each slot of the rule, a variable per variable. */
  readonly #slots: readonly (readonly Variable[])[];
  #step = 0;

  constructor(optimizer: Optimizer, variables: readonly Variable[], operations: NetworkOperations) {
    this.#rule = ruleOf(optimizer, operations);
    this.#variables = variables;
    const zeros = (): readonly Variable[] => tidy(() => variables.map((each) => variable(zerosLike(each), false)));
    this.#slots = this.#rule.slots.map(zeros);
  }

  /**
   * Updates the variables by one step.
   *
   * @param gradients gradients by variable name; a variable without one is not changed
   */
  apply(gradients: NamedTensorMap, rate: number): void {
    this.#step++;
    for (const [index, each] of this.#variables.entries()) {
      const gradient = gradients[each.name];
      if (gradient === undefined) continue;
      const slots = this.#slots.flatMap((slot) => slot[index] ?? []);
      tidy(() => this.#rule.update(each, slots, gradient, { step: this.#step, rate }));
    }
  }

  /** Number of steps so far. */
  get step(): number {
    return this.#step;
  }

  /** A copy of the state. */
  state(): OptimizerState {
    const slots = this.#slots.map((slot) => namedValues(slot, this.#variables));
    return {
      step: this.#step,
      slots: Object.fromEntries(this.#rule.slots.map((name, index) => [name, slots[index] ?? []])),
    };
  }

  /** @throws {Damage} if the state belongs to other variables or another optimizer */
  restore({ step, slots }: OptimizerState): void {
    const [found, expected] = [Object.keys(slots), this.#rule.slots].map((names) => names.join(" and ") || "nothing");
    if (found !== expected) throw new Damage(`its optimizer keeps ${found} instead of ${expected}`);
    for (const [index, name] of this.#rule.slots.entries()) assignValues(this.#slots[index] ?? [], slots[name] ?? []);
    this.#step = step;
  }

  dispose(): void {
    for (const each of this.#slots.flat()) each.dispose();
  }
}
