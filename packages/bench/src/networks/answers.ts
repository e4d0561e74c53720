// Compares the answer of a peer with ours. In: two answers. Out: how far they are apart.

import { relativeDistance } from "../measure/relative-distance.ts";
import type { Answer } from "./work.ts";

/**
 * The largest relative distances from our answer that rounding explains. Norms are those of gradients through up to 53 layers of
 * batch normalization, where a rounded activation may fall on the other side of 0 or 6; a loss after a step of Adam may differ
 * more, since it divides gradients near 0 by their own size.
 */
const TOLERANCES: Readonly<Record<string, number>> = {
  outputs: 1e-3,
  "first loss": 1e-4,
  "gradient norms": 1e-2,
  "later loss": 2e-2,
};

/** How far an answer is from ours. */
export interface Agreement {
  /** The largest of the relative distances. */
  readonly deviation: number;
  /** What differs, and by how much; null if the answers agree. */
  readonly difference: string | null;
}

/** Compares `values` with `ours`. */
export function agreement(values: Answer["values"], ours: Answer["values"]): Agreement {
  const distances = Object.entries(ours).map(
    ([name, expected]) => [name, relativeDistance(values[name] ?? [], expected)] as const,
  );
  // Written so that a NaN differs.
  const different = distances.find(([name, distance]) => !(distance <= (TOLERANCES[name] ?? 0)));
  return {
    deviation: Math.max(...distances.map(([, distance]) => distance)),
    difference:
      different === undefined
        ? null
        : `relative distance of its ${different[0]} from ours: ${different[1].toExponential(1)}`,
  };
}
