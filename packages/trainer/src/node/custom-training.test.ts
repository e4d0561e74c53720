// Complete trainings of custom networks: repeated, stopped and resumed, evaluated again.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { constraints, input, layers, model, regularizers, sequential, type LayersModel } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";

import { evaluate } from "./evaluate.ts";
import type { NetworkShape } from "../network/reference-network.ts";
import { runPaths } from "./files/run-folder.ts";
import { emptyFolder, folderWith } from "../testing/folders.ts";
import { folderForAllTests, stripedPhotographs, writeStriped } from "../testing/striped-classes.ts";
import { train } from "./train.ts";

const folder = folderForAllTests();
const source = join(folder, "stripes.arrow");

beforeAll(() => writeStriped(source, { labels: ["a", "b"], counts: { train: 9, val: 1, test: 6 }, side: 16 }));

/** Branches, a nested model, noise, and every kind of initialized, regularized or constrained weight. */
function manifold({ width, height, classes }: NetworkShape): LayersModel {
  const picture = input({ shape: [height, width, 1] });
  const part = sequential();
  part.add(layers.separableConv2d({ inputShape: [height, width, 1], filters: 4, kernelSize: 3, activation: "relu" }));
  part.add(layers.batchNormalization({ scale: false }));
  part.add(layers.dropout({ rate: 0.3 }));
  part.add(layers.globalAveragePooling2d({}));
  const rows = layers
    .reshape({ targetShape: [height * width] })
    .apply(layers.gaussianNoise({ stddev: 0.1 }).apply(picture));
  const dense = layers.dense({
    units: 4,
    activation: "tanh",
    kernelConstraint: constraints.maxNorm({ maxValue: 0.5, axis: 0 }),
    kernelRegularizer: regularizers.l2({ l2: 0.01 }),
  });
  const ends = layers.concatenate().apply([part.apply(picture), dense.apply(rows)] as never);
  const logits = layers.dense({ units: classes, kernelConstraint: "unitNorm" }).apply(ends);
  return model({ inputs: picture, outputs: layers.softmax().apply(logits) as never });
}

const OPTIONS = { source, batch: 5, epochs: 3, seed: 4, network: manifold } as const;

function weightsOf(run: string): Buffer {
  const { model: saved } = runPaths(run);
  return readFileSync(join(saved, readdirSync(saved).find((name) => name.endsWith(".bin")) ?? ""));
}

describe("a training of a network with branches, models, noise and constraints", () => {
  it("is reproducible byte for byte, also when it is stopped and resumed, and differs with another seed", async () => {
    const [whole, again, stopped, other] = [emptyFolder(), emptyFolder(), emptyFolder(), emptyFolder()];
    await train({ ...OPTIONS, run: whole });
    await train({ ...OPTIONS, run: again });
    expect(weightsOf(again).equals(weightsOf(whole))).toBe(true);
    await train({ ...OPTIONS, seed: 5, run: other });
    expect(weightsOf(other).equals(weightsOf(whole))).toBe(false);

    const stop = new AbortController();
    let steps = 0;
    const training = train({
      ...OPTIONS,
      run: stopped,
      signal: stop.signal,
      onEvent: ({ type }) => {
        if (type === "step" && ++steps === 6) stop.abort(new Error("enough"));
      },
    });
    await expect(training).rejects.toThrow("enough");
    await train({ source, run: stopped, resume: true, network: manifold });
    expect(weightsOf(stopped).equals(weightsOf(whole))).toBe(true);
  });

  it("treats undefined options as omitted", async () => {
    const network = ({ width, height, classes }: NetworkShape): LayersModel =>
      sequential({
        layers: [
          layers.flatten({ inputShape: [height, width, 1] }),
          layers.dense({ units: classes, activation: "softmax" }),
        ],
      });
    const undefinedOnes = { epochs: undefined, batch: undefined, seed: undefined, backend: undefined } as object;
    const { config, history } = await train({ source, run: emptyFolder(), network, ...undefinedOnes });
    expect(config).toMatchObject({ epochs: 5, batch: 50, seed: 0 });
    expect(history).toHaveLength(5);
  });

  it("is evaluated the same when its model is loaded", async () => {
    const run = emptyFolder();
    const { metrics } = await train({ ...OPTIONS, run });
    // With relaxed kernels, products of another batch round differently.
    const loss: unknown = expect.closeTo(metrics.loss, 6);
    expect((await evaluate({ run, source })).metrics).toEqual({ ...metrics, loss });
  });

  it("sees pictures of several channels", async () => {
    const photos = folderWith(await stripedPhotographs(["a", "b"], 10));
    const network = ({ width, height, channels = 1, classes }: NetworkShape): LayersModel =>
      sequential({
        layers: [
          layers.flatten({ inputShape: [height, width, channels] }),
          layers.dense({ units: classes, activation: "softmax" }),
        ],
      });
    const options = { source: photos, network, recipe: "levels", size: { width: 16, height: 16 }, epochs: 1 } as const;
    const run = emptyFolder();
    const { metrics } = await train({ ...options, run });
    expect((await evaluate({ run, source: photos })).metrics).toEqual(metrics);
  });

  it("is rejected if the network is of another copy of TensorFlow.js", async () => {
    const network = (): LayersModel => ({ getClassName: () => "Sequential", layers: [], name: "theirs" }) as never;
    await expect(train({ ...OPTIONS, network, run: emptyFolder() })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("theirs is of another copy") as string,
    });
  });

  it("leaves nothing behind if the network is rejected", async () => {
    const run = join(emptyFolder(), "run");
    const network = ({ width, height, classes }: NetworkShape): LayersModel => {
      const refused = sequential();
      refused.add(layers.conv2d({ inputShape: [height, width, 1], filters: 2, kernelSize: 3 }));
      refused.add(layers.thresholdedReLU({}));
      refused.add(layers.flatten());
      refused.add(layers.dense({ units: classes, activation: "softmax" }));
      return refused;
    };
    await expect(train({ ...OPTIONS, network, run })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("ThresholdedReLU") as string,
    });
    expect(existsSync(run)).toBe(false);
  });

  it("is rejected if the network was freed by an earlier training", async () => {
    let kept: LayersModel | undefined;
    const network = (shape: NetworkShape): LayersModel => (kept ??= manifold(shape));
    await train({ ...OPTIONS, epochs: 1, network, run: emptyFolder() });
    await expect(train({ ...OPTIONS, epochs: 1, network, run: emptyFolder() })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("disposed") as string,
    });
  });
});
