// What a recipe says, step by step, as Keras and PyTorch do; and that a run goes by the recipe that it records.

import { readFileSync } from "node:fs";

import { grad, mean, memory, tensor2d, tidy, type Tensor2D } from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { describe, expect, it, onTestFinished } from "vitest";

import { withBatch } from "../network/batch.ts";
import { Classifier } from "../network/classifier.ts";
import { crossEntropies } from "../network/cross-entropy.ts";
import { customNetwork } from "../network/custom-network.ts";
import { smoothed } from "../network/label-smoothing.ts";
import { referenceNetwork, SHORTEST_SIDE } from "../network/reference-network.ts";
import { startBackend } from "../node/backends/start.ts";
import { CONFIG } from "../testing/run-files.ts";
import { folderForAllTests, stripedBatch, stripedPictures } from "../testing/striped-classes.ts";
import { Generator } from "../values/generator.ts";
import { weightsOf } from "./class-weights.ts";
import { fit, type FitOptions } from "./fit.ts";
import { Learner } from "./learner.ts";
import { rateOf, type LearningRate } from "./learning-rate.ts";
import { recipeShape, type Recipe } from "./recipe.ts";
import { ARTICLE } from "./recipes.ts";
import { configOf } from "./run-config.ts";
import { bestEpoch, START, type EpochRecord, type LearnerState, type Position } from "./state.ts";
import { isOver, type Stopping } from "./stopping.ts";

const folder = folderForAllTests();

/** `recipe.json`: see golden/make_recipe.py. */
interface Golden {
  readonly cosines: readonly {
    readonly learningRate: LearningRate;
    readonly steps: number;
    readonly epochs: number;
    /** Of all steps. */
    readonly rates: readonly number[];
  }[];
  readonly plateaus: readonly {
    readonly learningRate: LearningRate;
    readonly losses: readonly number[];
    /** Of all epochs. */
    readonly rates: readonly number[];
  }[];
  readonly patiences: readonly {
    readonly patience: number;
    readonly losses: readonly number[];
    readonly epochs: number;
    /** The epoch whose weights are restored. */
    readonly restored: number;
  }[];
  readonly losses: readonly {
    /** Index of each picture's class. */
    readonly labels: readonly number[];
    readonly classWeights: readonly number[];
    readonly labelSmoothing: number;
    readonly logits: number[][];
    readonly loss: number;
    readonly gradients: readonly (readonly number[])[];
  }[];
}

const GOLDEN = JSON.parse(readFileSync(new URL("../../golden/recipe.json", import.meta.url), "utf8")) as Golden;

/** Records of epochs with these validation losses, and training losses that always fall. */
function historyOf(valLosses: readonly (number | null)[]): readonly EpochRecord[] {
  return valLosses.map((valLoss, index) => ({
    epoch: index + 1,
    loss: 1 / (index + 1),
    accuracy: 0.5,
    valLoss,
    valAccuracy: null,
    learningRate: 0.001,
    seconds: 1,
  }));
}

it("the article's recipe has one rate, ends after its epochs, weighs all classes alike, and changes no picture", () => {
  const { learningRate, stopping, classWeights, augmentation } = ARTICLE;
  for (const step of [1, 2, 40]) {
    expect(rateOf(learningRate, { epoch: 3, step, steps: 40, epochs: 5 }, historyOf([1, 2]))).toBe(0.001);
  }
  const over = [0, 4, 5, 6].map((done) => isOver(stopping, 5, historyOf(Array.from({ length: done }, () => 1))));
  expect(over).toEqual([false, false, true, true]);
  expect([...weightsOf(classWeights, [900, 3])]).toEqual([1, 1]);
  expect(augmentation).toBeNull();
});

/** Recipes that together have every variant. */
const RECIPES: readonly Recipe[] = [
  ARTICLE,
  {
    ...ARTICLE,
    optimizer: { method: "adamw", weightDecay: 0.004 },
    learningRate: { schedule: "cosine", rate: 0.1, warmupEpochs: 0.5 },
    stopping: { after: "patience", epochs: 3 },
    model: "best",
    classWeights: "balanced",
    labelSmoothing: 0.1,
    clipNorm: 1,
    averagedWeights: 0.9,
  },
  {
    ...ARTICLE,
    optimizer: { method: "sgd", momentum: 0.9 },
    sampling: "balanced",
    freeze: 1,
    learningRate: { schedule: "plateau", rate: 0.1, warmupEpochs: 0, factor: 0.5, patience: 2 },
  },
];

describe("a recipe", () => {
  it.each(RECIPES)("comes back from its JSON: %j", (recipe) => {
    expect(recipeShape(JSON.parse(JSON.stringify(recipe)), "recipe")).toEqual(recipe);
  });

  const plateau = { schedule: "plateau", rate: 0.1, warmupEpochs: 0, factor: 0.5, patience: 2 };
  it.each([
    [{ augmentation: "warp" }, 'augmentation is "warp"'],
    [{ freeze: -1 }, "freeze is -1 instead of a non-negative whole number"],
    [{ optimizer: { method: "lion" } }, 'optimizer.method is "lion" instead of "adam" or "adamw" or "sgd"'],
    [{ optimizer: { method: "adamw" } }, "optimizer.weightDecay is missing instead of a number"],
    [
      { optimizer: { method: "adamw", weightDecay: -1 } },
      "optimizer.weightDecay is -1 instead of a number of 0 or more",
    ],
    [{ optimizer: { method: "sgd", momentum: 1 } }, "optimizer.momentum is 1 instead of a number from 0 to below 1"],
    [{ learningRate: { schedule: "step", rate: 1 } }, 'learningRate.schedule is "step"'],
    [{ learningRate: { ...plateau, rate: 0 } }, "learningRate.rate is 0 instead of a number above 0"],
    [{ learningRate: { ...plateau, rate: "Infinity" } }, 'learningRate.rate is "Infinity" instead of a number above 0'],
    [{ learningRate: { ...plateau, warmupEpochs: -0.5 } }, "learningRate.warmupEpochs is -0.5"],
    [{ learningRate: { ...plateau, warmupEpochs: "NaN" } }, 'learningRate.warmupEpochs is "NaN"'],
    [{ learningRate: { ...plateau, factor: 1 } }, "learningRate.factor is 1 instead of a number above 0 and below 1"],
    [
      { learningRate: { ...plateau, patience: 0 } },
      "learningRate.patience is 0 instead of a whole number of 1 or more",
    ],
    [{ stopping: { after: "patience", epochs: 0.5 } }, "stopping.epochs is 0.5"],
    [{ model: "first" }, 'model is "first" instead of "last" or "best"'],
    [{ classWeights: "inverse" }, 'classWeights is "inverse"'],
    [{ sampling: "weighted" }, 'sampling is "weighted" instead of "uniform" or "balanced"'],
    [{ sampling: "balanced", classWeights: "balanced" }, "sampling and recipe.classWeights both balance the classes"],
    [{ labelSmoothing: 1 }, "labelSmoothing is 1 instead of a number from 0 to below 1"],
    [{ averagedWeights: 1 }, "averagedWeights is 1 instead of a number from 0 to below 1"],
    [{ clipNorm: 0 }, "clipNorm is 0 instead of a number above 0"],
  ])("is refused with the name of what is wrong: %j", (change, message) => {
    expect(() => recipeShape({ ...ARTICLE, ...change }, "recipe")).toThrow(`recipe.${message}`);
  });
});

describe("the learning rate", () => {
  it.each(GOLDEN.cosines)("of $learningRate is PyTorch's", ({ learningRate, steps, epochs, rates }) => {
    expect(rates).toHaveLength(steps * epochs);
    for (const [index, rate] of rates.entries()) {
      const position = { epoch: 1 + Math.floor(index / steps), step: 1 + (index % steps), steps, epochs };
      expect(rateOf(learningRate, position, []) / rate).toBeCloseTo(1, 9);
    }
  });

  it.each(GOLDEN.plateaus)("of $learningRate is Keras'", ({ learningRate, losses, rates }) => {
    expect(new Set(rates).size).toBeGreaterThan(2);
    for (const [index, rate] of rates.entries()) {
      const position = { epoch: index + 1, step: 1, steps: 3, epochs: losses.length };
      // Keras keeps the rate in 32 bits.
      expect(rateOf(learningRate, position, historyOf(losses.slice(0, index))) / rate).toBeCloseTo(1, 5);
    }
  });

  it("goes by the training loss without validation pictures, and takes NaN for a loss that is not lower", () => {
    const learningRate: LearningRate = { schedule: "plateau", rate: 1, warmupEpochs: 0, factor: 0.5, patience: 1 };
    const after = (losses: readonly (number | null)[]) =>
      rateOf(learningRate, { epoch: losses.length + 1, step: 1, steps: 1, epochs: 9 }, historyOf(losses));
    expect(after([null, null, null, null])).toBe(1);
    expect(after([1, Number.NaN, 0.5])).toBe(0.5);
    expect(after([Number.NaN, 2, 1])).toBe(1);
  });

  it("rises by step in the warm-up of every schedule", () => {
    const ratesOf = (learningRate: LearningRate) =>
      [1, 2, 3, 4].map((step) => rateOf(learningRate, { epoch: 1, step, steps: 4, epochs: 2 }, []));
    expect(ratesOf({ schedule: "constant", rate: 3, warmupEpochs: 0.75 })).toEqual([1, 2, 3, 3]);
    const plateau = { schedule: "plateau", factor: 0.5, patience: 1 } as const;
    expect(ratesOf({ ...plateau, rate: 8, warmupEpochs: 2 })).toEqual([1, 2, 3, 4]);
    expect(ratesOf({ schedule: "cosine", rate: 8, warmupEpochs: 9 })).toEqual([1, 2, 3, 4].map((step) => step / 4.5));
  });
});

describe("stopping after patience", () => {
  it.each(GOLDEN.patiences)("of $patience ends a training as Keras does", ({ patience, losses, epochs, restored }) => {
    const stopping: Stopping = { after: "patience", epochs: patience };
    const over = losses.map((_, index) => isOver(stopping, losses.length, historyOf(losses.slice(0, index + 1))));
    expect(over.indexOf(true) + 1).toBe(epochs);
    expect(bestEpoch(historyOf(losses.slice(0, epochs)))).toBe(restored);
  });

  it("never ends it before the first epoch, nor later than after the configured number of epochs", () => {
    const stopping: Stopping = { after: "patience", epochs: 1 };
    expect(isOver(stopping, 5, [])).toBe(false);
    expect(isOver(stopping, 5, historyOf([3, 2, 1]))).toBe(false);
    expect(isOver(stopping, 3, historyOf([3, 2, 1]))).toBe(true);
  });
});

describe("the weight of a class", () => {
  it("is inversely proportional to its pictures if balanced, 1 on average over pictures, and 0 without pictures", () => {
    // scikit-learn: compute_class_weight("balanced", classes=[0, 2], y=[0, 0, 0, 2]).
    expect([...weightsOf("balanced", [3, 0, 1])]).toEqual([Math.fround(2 / 3), 0, 2]);
  });

  it("multiplies what its pictures add to the loss, and a weight of 1 changes no bit", async () => {
    const backend = await startBackend("wasm");
    const pictures = await stripedBatch(folder, { labels: ["a", "b"], counts: { train: 2, val: 0, test: 0 } }, "train");
    const network = referenceNetwork({ width: SHORTEST_SIDE, height: SHORTEST_SIDE, classes: 2 }, Generator.ofSeed(1));
    const classifier = new Classifier(network, backend);
    onTestFinished(() => void network.dispose());
    const lossOf = (indices: Int32Array, ...weights: number[]): number =>
      withBatch(pictures.take(indices), (batch) => classifier.evaluate(batch).loss, {
        classWeights: Float32Array.from(weights),
        labelSmoothing: 0,
      });
    const [first, second] = [0, 1].map((index) =>
      withBatch(pictures.take(Int32Array.of(index)), (batch) => classifier.evaluate(batch).loss),
    );
    const both = Int32Array.of(0, 1);
    expect(lossOf(both, 1, 1)).toBe(withBatch(pictures.take(both), (batch) => classifier.evaluate(batch).loss));
    expect(lossOf(both, 3, 0.5)).toBeCloseTo((3 * (first ?? 0) + 0.5 * (second ?? 0)) / 2, 5);
  });

  it("and the smoothing of labels give Keras' loss, and its gradient", async () => {
    await startBackend("wasm");
    for (const { labels, classWeights, labelSmoothing, logits, loss, gradients } of GOLDEN.losses) {
      const classes = classWeights.length;
      const hot = new Float32Array(labels.length * classes);
      for (const [row, label] of labels.entries()) hot[row * classes + label] = classWeights[label] ?? 0;
      tidy(() => {
        const smooth = tensor2d(smoothed(hot, classes, labelSmoothing), [labels.length, classes]);
        const lossOf = (given: Tensor2D) => mean(crossEntropies(smooth, given));
        const given = tensor2d(logits);
        expect(lossOf(given).dataSync()[0]).toBeCloseTo(loss, 5);
        const found = grad((x) => lossOf(x as Tensor2D))(given).dataSync();
        for (const [index, expected] of gradients.flat().entries()) expect(found[index]).toBeCloseTo(expected, 6);
      });
    }
  });
});

it("labels that are not smoothed keep every bit", () => {
  const labels = Float32Array.of(0, 0.1, 0, 3, 0, 0);
  expect(smoothed(labels, 3, 0)).toEqual(labels);
});

it("the loop goes by the rate of its recipe: with a rate of almost nothing the weights stay", async () => {
  const backend = await startBackend("wasm");
  const training = await stripedPictures(
    folder,
    { labels: ["a", "b"], counts: { train: 4, val: 0, test: 0 } },
    "train",
  );
  const before = memory().numTensors;
  const afterEpochAt = async (rate: number): Promise<number> => {
    const network = referenceNetwork({ width: SHORTEST_SIDE, height: SHORTEST_SIDE, classes: 2 }, Generator.ofSeed(1));
    const learner = new Learner(new Classifier(network, backend), backend);
    const kernel = (): Float32Array => network.trainableWeights[0]?.read().dataSync<"float32">() ?? new Float32Array();
    const start = kernel();
    const history = await fit({
      learner,
      recipe: { ...ARTICLE, learningRate: { schedule: "constant", rate, warmupEpochs: 0 } },
      training,
      validation: training.filter(() => false),
      sample: Int32Array.of(0, 1, 2, 3),
      epochs: 1,
      batch: 4,
      minBatch: 1,
      generator: Generator.ofSeed(2),
      from: START,
      history: [],
    });
    expect(history.map(({ epoch }) => epoch)).toEqual([1]);
    const moved = Math.max(...kernel().map((value, index) => Math.abs(value - (start[index] ?? 0))));
    learner.dispose();
    network.dispose();
    return moved;
  };
  expect(await afterEpochAt(1e-12)).toBeLessThan(1e-9);
  expect(await afterEpochAt(0.01)).toBeGreaterThan(0.005);
  expect(memory().numTensors).toBe(before);
});

describe("a training by a recipe of everything", () => {
  /** A small network, and all that `fit` needs for 18 pictures in steps of 4. */
  async function trainingBy(recipe: Recipe): Promise<{ readonly learner: Learner; readonly options: FitOptions }> {
    const backend = await startBackend("wasm");
    const all = await stripedPictures(
      folder,
      { labels: ["a", "b"], counts: { train: [13, 11], val: 0, test: 0 }, side: 8 },
      "train",
    );
    const isValidation = (index: number) => index % 4 === 3;
    const network = customNetwork(
      ({ width, height, classes }) =>
        sequential({
          layers: [
            layers.conv2d({ inputShape: [height, width, 1], filters: 4, kernelSize: 3, activation: "relu" }),
            layers.batchNormalization(),
            layers.flatten(),
            layers.dropout({ rate: 0.25 }),
            layers.dense({ units: classes, activation: "softmax" }),
          ],
        }),
      { width: 8, height: 8, classes: 2 },
      Generator.ofSeed(1),
    );
    const learner = new Learner(new Classifier(network, backend), backend, recipe);
    onTestFinished(() => {
      learner.dispose();
      network.dispose();
    });
    const options: FitOptions = {
      learner,
      recipe,
      training: all.filter((_, index) => !isValidation(index)),
      validation: all.filter((_, index) => isValidation(index)),
      sample: Int32Array.of(0, 1, 2, 3),
      epochs: 4,
      batch: 4,
      minBatch: 1,
      generator: Generator.ofSeed(2),
      from: START,
      history: [],
    };
    return { learner, options };
  }

  it.each(RECIPES)("is the same, byte for byte, if it is stopped and resumed: %j", async (recipe) => {
    const whole = await trainingBy(recipe);
    const expected = await fit(whole.options);
    const stopped = await trainingBy(recipe);
    const stop = new AbortController();
    let saved: (LearnerState & { readonly position: Position; readonly history: readonly EpochRecord[] }) | undefined;
    const interrupted = fit({
      ...stopped.options,
      signal: stop.signal,
      onStep: ({ epoch, step }) => {
        if (epoch === 2 && step === 3) stop.abort(new Error("enough"));
      },
      save: async (position, history) => {
        saved = { ...stopped.learner.state(), position, history: [...history] };
      },
    });
    await expect(interrupted).rejects.toThrow("enough");
    if (saved === undefined) throw new Error("Expected a position to resume from");
    const resumed = await trainingBy(recipe);
    resumed.learner.restore(saved);
    const generator = Generator.ofSeed(9);
    generator.restore(stopped.options.generator.state);
    const { position: from, history } = saved;
    const results = await fit({ ...resumed.options, generator, from, history });
    const withoutSeconds = (records: readonly EpochRecord[]) => records.map((each) => ({ ...each, seconds: 0 }));
    expect(withoutSeconds(results)).toEqual(withoutSeconds(expected));
    expect(resumed.learner.state()).toEqual(whole.learner.state());
  });

  const rate = 0.05;
  const steady: Recipe = { ...ARTICLE, learningRate: { schedule: "constant", rate, warmupEpochs: 0 } };
  it.each<Partial<Recipe>>([
    { optimizer: { method: "adamw", weightDecay: 0.1 } },
    { optimizer: { method: "sgd", momentum: 0 } },
    { learningRate: { schedule: "constant", rate, warmupEpochs: 1 } },
    { learningRate: { schedule: "cosine", rate, warmupEpochs: 0 } },
    { learningRate: { schedule: "plateau", rate, warmupEpochs: 0, factor: 0.1, patience: 1 } },
    { stopping: { after: "patience", epochs: 1 } },
    { classWeights: "balanced" },
    { sampling: "balanced" },
    { labelSmoothing: 0.1 },
    { clipNorm: 0.01 },
  ])("goes by every part of it: by %j, other weights are learned", async (change) => {
    const weightsBy = async (recipe: Recipe) => {
      const { learner, options } = await trainingBy(recipe);
      await fit(options);
      return learner.state().weights;
    };
    expect(await weightsBy({ ...steady, ...change })).not.toEqual(await weightsBy(steady));
  });

  it("evaluates and saves averaged weights, and trains the weights themselves", async () => {
    const valuesOf = ({ classifier }: Learner) => classifier.trainable.map((each) => each.dataSync<"float32">());
    const trainedBy = async (averagedWeights: number | null) => {
      const { learner, options } = await trainingBy({ ...ARTICLE, averagedWeights });
      let saved: readonly Float32Array[] = [];
      const onEpoch = async () => void (saved = valuesOf(learner));
      const history = await fit({ ...options, onEpoch });
      return { learner, saved, history };
    };
    const [plain, averaged] = [await trainedBy(null), await trainedBy(0.9)];
    expect(valuesOf(averaged.learner)).toEqual(valuesOf(plain.learner));
    expect(plain.saved).toEqual(valuesOf(plain.learner));
    expect(averaged.saved).toEqual(averaged.learner.state().averages.map(({ values }) => values));
    expect(averaged.saved).not.toEqual(plain.saved);
    const of = (key: "loss" | "valLoss", { history }: typeof plain) => history.map((each) => each[key]);
    expect(of("loss", averaged)).toEqual(of("loss", plain));
    expect(of("valLoss", averaged)).not.toEqual(of("valLoss", plain));
  });

  it("ends when its patience does", async () => {
    const stopping: Stopping = { after: "patience", epochs: 2 };
    const recipe: Recipe = { ...ARTICLE, stopping, learningRate: { schedule: "constant", rate: 0.3, warmupEpochs: 0 } };
    const { options } = await trainingBy(recipe);
    const history = await fit({ ...options, epochs: 40 });
    expect(history.length).toBe((bestEpoch(history) ?? 0) + 2);
    expect(history.length).toBeLessThan(40);
  });
});

it("a run is configured only with whole numbers of epochs and pictures, and a seed", async () => {
  const training = await stripedPictures(
    folder,
    { labels: ["a", "b"], counts: { train: 2, val: 0, test: 0 } },
    "train",
  );
  const pictures = { train: training, val: training, test: training };
  const backend = { name: "wasm", kernelSet: "simd128" } as const;
  const settings = { source: "a", epochs: 1, batch: 1, seed: 0, recipe: ARTICLE, network: "reference" } as const;
  const run = { ...settings, dataset: CONFIG.dataset, pictures, backend };
  expect(configOf(run)).toMatchObject({ epochs: 1, recipe: ARTICLE, kernelSet: "simd128" });
  expect(configOf({ ...run, recipe: { ...ARTICLE, note: "mine" } as Recipe }).recipe).toEqual(ARTICLE);
  expect(() => configOf({ ...run, recipe: { ...ARTICLE, labelSmoothing: 1 } })).toThrow(
    expect.objectContaining({
      code: "INVALID_ARGUMENT",
      message: "Expected a recipe, but recipe.labelSmoothing is 1 instead of a number from 0 to below 1",
    }) as Error,
  );
  for (const wrong of [{ epochs: 0 }, { batch: 1.5 }, { seed: -1 }]) {
    expect(() => configOf({ ...run, ...wrong })).toThrow(Object.keys(wrong)[0]);
  }
});
