// When a run's figures count for nothing.

import { expect, it } from "vitest";

import { groupOf, timed } from "./testing/results.ts";
import { reasonForVoid } from "./void.ts";

it("a run is void where Keras is over 15 % faster than tfjs-node at its best, and the worst group is named", () => {
  const peers = (best: number, other: number) => [
    timed("silhouette on tfjs-node", best),
    timed("tf.layers on tfjs-node", other),
    timed("Keras", 100),
  ];
  expect(reasonForVoid("train", [groupOf(peers(115, 300))])).toBe(null);
  expect(reasonForVoid("train", [groupOf(peers(300, 90))])).toBe(null);
  expect(reasonForVoid("train", [groupOf(peers(120, 300)), groupOf(peers(300, 150), 2)])).toContain(
    "Keras is 50 % faster than tfjs-node with 2 threads and a batch of 8",
  );
});

it("a run without one of them, or one that loads pictures, is not void", () => {
  expect(reasonForVoid("train", [groupOf([timed("silhouette on tfjs-node", 500)])])).toBe(null);
  expect(reasonForVoid("train", [groupOf([timed("Keras", 1)])])).toBe(null);
  const slow = [timed("silhouette on tfjs-node", 500), timed("Keras", 1)];
  expect(reasonForVoid("load", [groupOf(slow)])).toBe(null);
});
