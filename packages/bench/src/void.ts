// When the figures of a run count for nothing. In: groups. Out: the reason, if there is one.

import type { Group } from "./result.ts";
import type { TrainingSuite } from "./turn.ts";

/** Keras may be as much faster than TensorFlow.js' native backend, which computes with the same library. */
const MOST_KERAS_AHEAD = 1.15;

/**
 * Keras and tfjs-node compute with the same library: where Keras is far ahead, tfjs-node was built or run badly. Names the
 * group where it is farthest ahead.
 */
export function reasonForVoid(suite: TrainingSuite, groups: readonly Group[]): string | null {
  // Loading is not TensorFlow's work.
  if (suite === "load") return null;
  const all = groups.flatMap(({ threads, batch, peers }) => {
    const keras = peers.find(({ name }) => name === "Keras");
    const native = peers.filter(({ name }) => name.endsWith("on tfjs-node"));
    if (keras === undefined || native.length === 0) return [];
    const best = Math.min(...native.map(({ medianMilliseconds }) => medianMilliseconds));
    return [{ threads, batch, ratio: best / keras.medianMilliseconds }];
  });
  const [worst] = all.toSorted((one, other) => other.ratio - one.ratio);
  if (worst === undefined || worst.ratio <= MOST_KERAS_AHEAD) return null;
  const ahead = Math.round(100 * (worst.ratio - 1));
  const where = `${worst.threads === 1 ? "1 thread" : `${worst.threads} threads`} and a batch of ${worst.batch}`;
  return `Keras is ${ahead} % faster than tfjs-node with ${where}, where 15 % are allowed: tfjs-node was built or run badly`;
}
