// Random views: within their limits, by a fixed number of draws, and invertible transforms of what they say.

import { expect, it } from "vitest";

import { Generator } from "../values/generator.ts";
import { drawView, type Augmentation } from "./augmentation.ts";
import { PLAIN, viewsOf, type View } from "./view.ts";

const NONE: Augmentation = {
  flip: 0,
  rotation: 0,
  scale: 1,
  aspect: 1,
  shear: 0,
  shift: 0,
  ramp: 0,
  curve: 0,
  darkness: 1,
  threshold: 0,
};

function viewsWith(changes: Partial<Augmentation>): readonly View[] {
  const generator = Generator.ofSeed(1);
  return Array.from({ length: 300 }, () => drawView({ ...NONE, ...changes }, generator));
}

/** Extremes of a number of the views. */
function rangeOf(views: readonly View[], value: (view: View) => number): readonly [number, number] {
  const values = views.map(value);
  return [Math.min(...values), Math.max(...values)];
}

it("without any change, a view is plain", () => {
  // Adding 0 turns -0 into 0.
  for (const { affine, ramp, ...rest } of viewsWith({})) {
    expect({ affine: affine.map((each) => each + 0), ramp: ramp.map((each) => each + 0), ...rest }).toEqual({
      ...PLAIN,
      threshold: rest.threshold,
    });
    expect(rest.threshold + 0).toBe(0);
  }
});

it("a view takes twelve draws, whatever they are", () => {
  for (const flip of [0, 1]) {
    const [one, other] = [Generator.ofSeed(7), Generator.ofSeed(7)];
    drawView({ ...NONE, flip, curve: flip }, one);
    for (let draw = 0; draw < 12; draw++) other.uniform();
    expect(one.state).toEqual(other.state);
  }
});

it("half of the pictures are mirrored", () => {
  const mirrored = viewsWith({ flip: 0.5 }).filter(({ affine }) => affine[0] === -1);
  expect(mirrored.length).toBeGreaterThan(120);
  expect(mirrored.length).toBeLessThan(180);
});

it("a rotation keeps lengths and reaches its limit in both directions", () => {
  const views = viewsWith({ rotation: 8 });
  const limit = Math.sin((8 * Math.PI) / 180);
  const [least, most] = rangeOf(views, ({ affine }) => affine[3]);
  expect([least, most].map((sine) => Math.abs(Math.abs(sine) - limit) < 0.005)).toEqual([true, true]);
  for (const { affine } of views) expect(Math.hypot(affine[0], affine[3])).toBeCloseTo(1, 12);
});

it("scale and aspect go from the reciprocal of their limit to the limit", () => {
  for (const [views, value] of [
    [viewsWith({ scale: 1.2 }), ({ affine }: View) => affine[0]],
    [viewsWith({ aspect: 1.2 }), ({ affine }: View) => affine[0] / affine[4]],
  ] as const) {
    const [least, most] = rangeOf(views, value);
    expect(least).toBeGreaterThanOrEqual(1 / 1.2 - 1e-9);
    expect(least).toBeLessThan(0.85);
    expect(most).toBeLessThanOrEqual(1.2 + 1e-9);
    expect(most).toBeGreaterThan(1.18);
  }
});

it("a shift is a share of the side, which is 2 long", () => {
  const [least, most] = rangeOf(viewsWith({ shift: 0.1 }), ({ affine }) => affine[5]);
  expect([least, most].map((shift) => Math.round(100 * shift) / 100)).toEqual([-0.2, 0.2]);
});

it("four views are the picture and its middle, each with its mirror image", () => {
  expect(viewsOf(4).map(({ affine }) => [affine[0], affine[4]])).toEqual([
    [1, 1],
    [-1, 1],
    [0.88, 0.88],
    [-0.88, 0.88],
  ]);
  expect(viewsOf(1)).toEqual([PLAIN]);
});
