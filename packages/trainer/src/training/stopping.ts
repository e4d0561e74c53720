// When a training is over, as set in a run's configuration.

import { oneOf, record, type Shape } from "../values/json-shape.ts";
import type { EpochRecord } from "./state.ts";

/** Condition that ends a training. */
export interface Stopping {
  /** `epochs`: after the configured number of epochs. */
  readonly after: "epochs";
}

/** Shape of its JSON. */
export const stoppingShape: Shape<Stopping> = record<Stopping>({ after: oneOf("epochs") });

/**
 * Whether a training is over.
 *
 * @param epochs configured number of epochs
 * @param history records of the completed epochs
 */
export function isOver(_stopping: Stopping, epochs: number, history: readonly EpochRecord[]): boolean {
  return history.length >= epochs;
}
