// When a training is over, as a run's configuration says it.

import { oneOf, record, type Shape } from "../values/json-shape.ts";
import type { EpochRecord } from "./state.ts";

/** What ends a training. */
export interface Stopping {
  /** `epochs`: the number of epochs alone. */
  readonly after: "epochs";
}

/** What its JSON has to look like. */
export const stoppingShape: Shape<Stopping> = record<Stopping>({ after: oneOf("epochs") });

/**
 * Whether a training is over.
 *
 * @param epochs that were asked for
 * @param history of the epochs that are complete
 */
export function isOver(_stopping: Stopping, epochs: number, history: readonly EpochRecord[]): boolean {
  return history.length >= epochs;
}
