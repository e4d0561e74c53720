// When a run's figures are invalid.

import { expect, it } from "vitest";

import { groupOf, timed } from "../testing/results.ts";
import { reasonForInvalid } from "./validity.ts";

it("a run is invalid where Keras is over 15 % faster than tfjs-node at its best, and each such group is named", () => {
  const peers = (best: number, other: number) => [
    timed("silhouette on tfjs-node", best),
    timed("tf.layers on tfjs-node", other),
    timed("Keras", 100),
  ];
  expect(reasonForInvalid("train", [groupOf(peers(115, 300))])).toBe(null);
  expect(reasonForInvalid("train", [groupOf(peers(300, 90))])).toBe(null);
  const groups = [groupOf(peers(120, 300)), groupOf(peers(110, 300)), groupOf(peers(300, 150), 2)];
  expect(reasonForInvalid("train", groups)).toContain(
    "with reference network (300 x 300), 1 thread, batch 8 (20 %); reference network (300 x 300), 2 threads, batch 8 (50 %), so",
  );
});

it("a run without one of them, or one that loads pictures, is not invalid", () => {
  expect(reasonForInvalid("train", [groupOf([timed("silhouette on tfjs-node", 500)])])).toBe(null);
  expect(reasonForInvalid("train", [groupOf([timed("Keras", 1)])])).toBe(null);
  const slow = [timed("silhouette on tfjs-node", 500), timed("Keras", 1)];
  expect(reasonForInvalid("load", [groupOf(slow)])).toBe(null);
});
