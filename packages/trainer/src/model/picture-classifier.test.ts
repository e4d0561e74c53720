// What a model saw of a picture and answered, with thresholds by Otsu and by hand, is what its parts compute one by one.

import { Preprocessor, type Picture } from "@silhouette/preprocess-wasm";
import { memory } from "@tensorflow/tfjs-core";
import { describe, expect, it, onTestFinished } from "vitest";

import { startWasm } from "../backend/wasm.ts";
import { binarized } from "../dataset/binarized.ts";
import { seenShape, networkInput, storedSize } from "../dataset/network-input.ts";
import type { InputKind } from "../dataset/input-kinds.ts";
import { formatFor, preprocessingOf, type PixelFormat } from "../dataset/preprocessing.ts";
import { meanOf, viewsOf, type ViewCount } from "../dataset/view.ts";
import { pictureTensor } from "../network/batch.ts";
import { Classifier, meanFeatures } from "../network/classifier.ts";
import { compactNetwork } from "../network/compact-network.ts";
import { calibrated, noveltyOf, type Calibration } from "../training/calibration.ts";
import { featuresAt } from "../training/unlikeness.ts";
import { Generator } from "../values/generator.ts";
import type { ModelDescription } from "./description.ts";
import { PictureClassifier, type PreparedPicture } from "./picture-classifier.ts";

const SEEN = { width: 32, height: 24 };
const LABELS = ["car", "bus", "motorcycle"];

/** A photograph of three soft patches and some noise, in color. */
const PHOTOGRAPH = ((): Picture => {
  const generator = Generator.ofSeed(3);
  const [width, height] = [90, 70];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
    return (x < 40 ? 40 : y < 30 ? 120 : 210) + Math.floor(20 * generator.uniform());
  });
  return { data, width, height, channels: 3 };
})();

interface Made {
  readonly classifier: PictureClassifier;
  readonly network: Classifier;
  readonly description: ModelDescription;
}

async function made(
  input: InputKind,
  format: PixelFormat = formatFor(input, "gray8"),
  options: { readonly views?: ViewCount; readonly calibration?: Calibration } = {},
): Promise<Made> {
  const backend = await startWasm();
  const stored = storedSize(SEEN, format);
  const shape = { ...seenShape(stored, input), classes: LABELS.length };
  const layers = compactNetwork(shape, Generator.ofSeed(1));
  onTestFinished(() => void layers.dispose());
  const network = new Classifier(layers, backend);
  const trainedOn = { source: "photos", pictures: 1 };
  const description: ModelDescription = {
    ...stored,
    labels: LABELS,
    input,
    views: options.views ?? 1,
    calibration: options.calibration ?? null,
    preprocessing: preprocessingOf(format),
    provenance: { epoch: 1, seed: 1, kernelSet: "simd128", backend: "wasm", version: "0.1.0", trainedOn },
  };
  return { classifier: await PictureClassifier.of(network, description), network, description };
}

function prepared(classifier: PictureClassifier): PreparedPicture {
  const picture = classifier.prepare(PHOTOGRAPH);
  if ("unusable" in picture) throw new Error(picture.unusable.message);
  return picture;
}

const above = (levels: Uint8Array, threshold: number): Uint8Array => levels.map((level) => (level > threshold ? 1 : 0));

describe("a classifier of pictures", () => {
  it("answers by the mean of what the network answers for each view", async () => {
    const { classifier, network, description } = await made("otsu", "gray8", { views: 4 });
    const answer = classifier.answer(prepared(classifier));
    const input = await networkInput(description, "otsu");
    const stored = binarized(
      new Preprocessor({ width: description.width, height: description.height }),
      PHOTOGRAPH,
      "gray8",
    );
    if ("code" in stored) throw new Error(stored.message);
    const views = viewsOf(4).map((view) => {
      const seen = new Uint8Array(input.width * input.height);
      input.write(stored.pixels, view, seen);
      const pictures = pictureTensor(input, seen);
      const probabilities = network.probabilities(pictures);
      pictures.dispose();
      return { seen, probabilities };
    });
    expect(answer.views).toBe(4);
    expect(answer.seen).toEqual(views[0]?.seen);
    for (const { label, probability } of answer.classes) {
      const index = LABELS.indexOf(label);
      const mean = views.reduce((sum, { probabilities }) => sum + (probabilities[index] ?? 0), 0) / 4;
      expect(probability).toBeCloseTo(mean, 5);
    }
    const { classes, noneOfThese, novelty } = answer;
    expect(classifier.classify(PHOTOGRAPH)).toEqual({ classes, noneOfThese, novelty });
  });

  it("answers by the whole picture alone if it is asked for one view", async () => {
    const { classifier, network, description } = await made("otsu", "gray8", { views: 4 });
    const picture = prepared(classifier);
    const answer = classifier.answer(picture, { views: 1 });
    const pictures = pictureTensor(await networkInput(description, "otsu"), answer.seen);
    const probabilities = network.probabilities(pictures);
    pictures.dispose();
    expect(answer.views).toBe(1);
    for (const { label, probability } of answer.classes) {
      expect(probability).toBeCloseTo(probabilities[LABELS.indexOf(label)] ?? 0, 5);
    }
    expect(answer.classes).not.toEqual(classifier.answer(picture).classes);
  });

  it.each([["gray8"], ["binary1"]] as const)(
    "sees %s pictures by Otsu's threshold, or by one that is given, and answers for what it sees",
    async (format) => {
      const { classifier } = await made("otsu", format, { views: format === "gray8" ? 4 : 1 });
      const picture = prepared(classifier);
      const { levels, thresholds, histogram } = picture;
      const [otsu = 0] = thresholds;
      expect(thresholds).toHaveLength(1);
      expect(histogram.reduce((sum, count) => sum + count)).toBe(SEEN.width * SEEN.height);
      const own = classifier.answer(picture);
      expect(own.seen).toEqual(above(levels, otsu));
      const moved = classifier.answer(picture, { threshold: otsu + 60 });
      expect(moved.thresholds).toEqual([otsu + 60]);
      expect(moved.seen).toEqual(above(levels, otsu + 60));
      expect(moved.seen).not.toEqual(own.seen);
      expect(moved.classes).not.toEqual(own.classes);
      expect(classifier.answer(picture, { threshold: otsu }).classes).toEqual(own.classes);
      expect(classifier.answer(picture, { threshold: 255 }).seen).toEqual(new Uint8Array(levels.length));
    },
  );

  it("moves the thresholds of all views by as many standard deviations", async () => {
    const { classifier, network, description } = await made("otsu", "gray8", { views: 4 });
    const picture = prepared(classifier);
    const [otsu = 0] = picture.thresholds;
    const moved = classifier.answer(picture, { threshold: otsu + 60 });
    const input = await networkInput(description, "otsu");
    const mean = LABELS.map(() => 0);
    for (const view of viewsOf(4)) {
      const seen = new Uint8Array(input.width * input.height);
      input.write(picture.pixels, { ...view, threshold: 60 / picture.deviation }, seen);
      const pictures = pictureTensor(input, seen);
      for (const [index, each] of network.probabilities(pictures).entries())
        mean[index] = (mean[index] ?? 0) + each / 4;
      pictures.dispose();
    }
    for (const { label, probability } of moved.classes) {
      expect(probability).toBeCloseTo(mean[LABELS.indexOf(label)] ?? 0, 5);
    }
  });

  it("moves both thresholds of a network that sees three levels", async () => {
    const { classifier } = await made("levels");
    const picture = prepared(classifier);
    const [low = 0, high = 0] = picture.thresholds;
    const { thresholds, seen } = classifier.answer(picture, { threshold: low - 10 });
    expect(thresholds).toEqual([low - 10, high - 10]);
    expect(seen.filter((_, at) => at % 2 === 0)).toEqual(above(picture.levels, low - 10));
    expect(seen.filter((_, at) => at % 2 === 1)).toEqual(above(picture.levels, high - 10));
  });

  it.each([["gray"], ["rgb"]] as const)("has no threshold if the network sees %s", async (input) => {
    const { classifier } = await made(input);
    const picture = prepared(classifier);
    expect(picture.thresholds).toEqual([]);
    expect(picture.levels).toHaveLength(SEEN.width * SEEN.height);
    const answer = classifier.answer(picture);
    expect(answer.thresholds).toEqual([]);
    if (input === "gray") expect(answer.seen).toEqual(picture.levels);
    expect(classifier.answer(picture, { threshold: 3 }).classes).toEqual(answer.classes);
  });

  it("finds where the network found the most probable class, and answers the same", async () => {
    const { classifier, network, description } = await made("otsu", "gray8", { views: 4 });
    const picture = prepared(classifier);
    const answer = classifier.answer(picture, { attention: true });
    const pictures = pictureTensor(await networkInput(description, "otsu"), answer.seen);
    const [expected] = network.attention(pictures, [LABELS.indexOf(answer.classes[0]?.label ?? "")]) ?? [];
    pictures.dispose();
    expect(answer.attention).toMatchObject({ rows: expected?.rows, columns: expected?.columns });
    for (const [place, value] of (expected?.values ?? []).entries()) {
      expect(answer.attention?.values[place]).toBeCloseTo(value, 4);
    }
    const without = classifier.answer(picture);
    expect(without.attention).toBeNull();
    expect(without.classes).toEqual(answer.classes);
  });

  it("calibrates probabilities, and has the novelty of the mean features of all views", async () => {
    const generator = Generator.ofSeed(8);
    // 128 features of each block but the last.
    const weights = Array.from({ length: 4 * 128 }, () => generator.uniform());
    const calibration: Calibration = { temperature: 2, unlikeness: { weights, bias: 0.5 }, noneBeyond: 0.25 };
    const { classifier, network, description } = await made("otsu", "gray8", { views: 4, calibration });
    const picture = prepared(classifier);
    const answer = classifier.answer(picture);
    const input = await networkInput(description, "otsu");
    const views = viewsOf(4).map((view) => {
      const seen = new Uint8Array(input.width * input.height);
      input.write(picture.pixels, view, seen);
      const pictures = pictureTensor(input, seen);
      try {
        return network.answer(pictures, { features: true });
      } finally {
        pictures.dispose();
      }
    });
    expect(answer.novelty).toBeCloseTo(noveltyOf(calibration, featuresAt(0, meanFeatures(views), 1)), 4);
    expect(answer.noneOfThese).toBe((answer.novelty ?? 0) > 1);
    const mean = [...meanOf(views.map(({ probabilities }) => probabilities))];
    const expected = calibrated(mean, 2);
    for (const { label, probability } of answer.classes) {
      expect(probability).toBeCloseTo(expected[LABELS.indexOf(label)] ?? 0, 5);
    }
  });

  it("leaks no tensors", async () => {
    const { classifier } = await made("otsu", "gray8", { views: 4 });
    const picture = prepared(classifier);
    classifier.answer(picture, { attention: true });
    const { numTensors } = memory();
    classifier.answer(picture, { attention: true, threshold: 9 });
    classifier.answer(picture);
    expect(memory().numTensors).toBe(numTensors);
  });
});
