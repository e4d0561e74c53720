// When a training is over, as set in a run's configuration.

import { positiveCount, variants, type Shape } from "../values/json-shape.ts";
import { bestEpoch, type EpochRecord } from "./state.ts";

/** Condition that ends a training. */
export type Stopping =
  | {
      /** After the configured number of epochs. */
      readonly after: "epochs";
    }
  | {
      /** After some epochs in a row none of which was the best, or after the configured number of epochs. */
      readonly after: "patience";
      /** Number of epochs after the best one: 1 or more. */
      readonly epochs: number;
    };

/** Shape of its JSON. */
export const stoppingShape: Shape<Stopping> = variants<"after", Stopping>("after", {
  epochs: {},
  patience: { epochs: positiveCount },
});

/**
 * Whether a training is over.
 *
 * @param epochs configured number of epochs
 * @param history records of the completed epochs
 */
export function isOver(stopping: Stopping, epochs: number, history: readonly EpochRecord[]): boolean {
  if (history.length >= epochs) return true;
  if (stopping.after === "epochs") return false;
  return history.length - (bestEpoch(history) ?? 0) >= stopping.epochs;
}
