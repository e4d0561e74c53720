// The compact network: its shapes and cost, its weights, and what it refuses.

import { tensor4d } from "@tensorflow/tfjs-core";
import { beforeAll, expect, it, onTestFinished } from "vitest";

import { startBackend } from "../node/backends/start.ts";
import { Generator } from "../values/generator.ts";
import { compactNetwork, compactNetworkCost, SHORTEST_COMPACT_SIDE } from "./compact-network.ts";
import type { NetworkShape } from "./reference-network.ts";

beforeAll(async () => {
  await startBackend("wasm");
});

function networkOf(shape: NetworkShape, seed = 0): ReturnType<typeof compactNetwork> {
  const network = compactNetwork(shape, Generator.ofSeed(seed));
  onTestFinished(() => void network.dispose());
  return network;
}

it("has five convolutions, of which four pool, and the parameters that its documentation names", () => {
  const network = networkOf({ width: 96, height: 96, classes: 3 });
  expect(network.countParams()).toBe(162_931);
  expect(network.layers.map((layer) => layer.getClassName()).join(" ")).toBe(
    `${"Conv2D MaxPooling2D BatchNormalization Activation ".repeat(4)}Conv2D BatchNormalization Activation ` +
      "GlobalAveragePooling2D Dropout Dense",
  );
});

it("gives probabilities for pictures of any size from 16 on, of one or two channels", () => {
  for (const shape of [
    { width: SHORTEST_COMPACT_SIDE, height: 31, classes: 2 },
    { width: 40, height: 24, channels: 2, classes: 5 },
  ]) {
    const { width, height, channels = 1, classes } = shape as NetworkShape;
    const input = tensor4d(new Float32Array(2 * height * width * channels).fill(1), [2, height, width, channels]);
    const output = networkOf(shape).predict(input);
    if (Array.isArray(output)) throw new TypeError("Expected one output");
    expect(output.shape).toEqual([2, classes]);
    expect([...output.dataSync()].reduce((sum, each) => sum + each, 0)).toBeCloseTo(2, 5);
    input.dispose();
    output.dispose();
  }
});

it.each([
  { width: 96, height: 96, classes: 3 },
  { width: 50, height: 39, channels: 2, classes: 5 },
])("costs as many multiply-adds and parameters as its layers have for $width x $height", (shape) => {
  const network = networkOf(shape);
  const sizeOf = ({ outputShape }: { readonly outputShape: unknown }): number =>
    (outputShape as (number | null)[]).reduce<number>((product, side) => product * (side ?? 1), 1);
  let channels = shape.channels ?? 1;
  let multiplyAddsPerPicture = 0;
  for (const layer of network.layers) {
    const each = { Conv2D: 9 * channels, Dense: channels }[layer.getClassName()] ?? 0;
    multiplyAddsPerPicture += each * sizeOf(layer);
    channels = (layer.outputShape as number[]).at(-1) ?? 0;
  }
  expect(compactNetworkCost(shape)).toEqual({ multiplyAddsPerPicture, parameters: network.countParams() });
});

it("draws the same weights from the same seed", () => {
  const first = (seed: number): Float32Array =>
    networkOf({ width: 16, height: 16, classes: 2 }, seed).weights[0]?.read().dataSync<"float32">() ??
    new Float32Array();
  expect(first(1)).toEqual(first(1));
  expect(first(1)).not.toEqual(first(2));
});

it.each([
  [{ width: 15, height: 16, classes: 2 }, "at least 16 x 16 pixels, but received 15 x 16"],
  [{ width: 16, height: 16, classes: 1 }, "from 2 to 1000000 for classes, but received 1"],
])("refuses %o", (shape, message) => {
  expect(() => compactNetwork(shape, Generator.ofSeed(0))).toThrow(message);
});
