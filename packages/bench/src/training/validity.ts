// When the figures of a run are invalid. In: groups. Out: the reason, if there is one.

import { groupName } from "./ratios.ts";
import type { Group } from "./result.ts";
import type { TrainingSuite } from "./turn.ts";

/** Keras may be as much faster than TensorFlow.js' native backend, which computes with the same library. */
const MOST_KERAS_AHEAD = 1.15;

/**
 * Keras and tfjs-node compute with the same library: where Keras is far ahead, tfjs-node was built or run badly. Names each
 * group where it is.
 */
export function reasonForInvalid(suite: TrainingSuite, groups: readonly Group[]): string | null {
  // Loading is not TensorFlow's work.
  if (suite === "load") return null;
  const all = groups.flatMap((group) => {
    const { peers } = group;
    const keras = peers.find(({ name }) => name === "Keras");
    const native = peers.filter(({ name }) => name.endsWith("on tfjs-node"));
    if (keras === undefined || native.length === 0) return [];
    const ratio = Math.min(...native.map(({ medianMilliseconds }) => medianMilliseconds)) / keras.medianMilliseconds;
    if (ratio <= MOST_KERAS_AHEAD) return [];
    return `${groupName(group)} (${Math.round(100 * (ratio - 1))} %)`;
  });
  if (all.length === 0) return null;
  return `Keras is over 15 % faster than tfjs-node with ${all.join("; ")}, so tfjs-node was built or run badly there`;
}
