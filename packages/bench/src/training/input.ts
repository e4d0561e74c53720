// Input of the training suites: silhouettes of drawn pictures, as a dataset and as batches, and initial weights.
// In: a folder. Out: files in it.

import { join } from "node:path";

import { init, Preprocessor } from "@silhouette/preprocess-wasm";
import { DatasetWriter, Generator, referenceNetwork, openDataset } from "@silhouette/trainer";
import { PictureSet, startBackend, writeTensorFile, type FileTensor } from "@silhouette/trainer/step";

import { photoLikePicture } from "../measure/photo-like-picture.ts";
import { SHAPE } from "../measure/reference-shape.ts";
import type { Job } from "./turn.ts";

/** Seed of pictures and weights. */
const SEED = 20_261_125;

/** Where the input of a batch is. */
type Input = Pick<Job, "input" | "dataset">;

/** Writes the input of each of `batches`. */
export async function writeInputs(folder: string, batches: readonly number[]): Promise<(batch: number) => Input> {
  const dataset = join(folder, "pictures.arrow");
  const inputOf = (batch: number): string => join(folder, `batch-${batch}.safetensors`);
  await writeDataset(dataset, Math.max(...batches));
  const opened = await openDataset(dataset);
  const set = await PictureSet.load(opened, "train");
  await opened.close();
  const weights = await firstWeights();
  for (const batch of batches) {
    const indices = Int32Array.from({ length: batch }, (_, index) => index);
    const tensors: readonly FileTensor[] = [
      ...weights,
      {
        name: "pictures",
        shape: [batch, SHAPE.height, SHAPE.width, 1],
        values: Float32Array.from(set.pixels(indices)),
      },
      { name: "labels", shape: [batch, SHAPE.classes], values: set.oneHot(indices) },
    ];
    await writeTensorFile(inputOf(batch), "the benchmark's input", { tensors, metadata: new Map() });
  }
  return (batch) => ({ input: inputOf(batch), dataset });
}

async function writeDataset(path: string, pictures: number): Promise<void> {
  const { width, height, classes } = SHAPE;
  const labels = Array.from({ length: classes }, (_, index) => `class${index}`);
  const writer = await DatasetWriter.create(path, {
    formatVersion: 1,
    width,
    height,
    pixelFormat: "binary1",
    labels,
    preprocessing: { background: "white", gray: "opencv-15bit", resize: "pillow13-bilinear", threshold: "otsu" },
    split: { from: "folders" },
  });
  await init();
  const preprocessor = new Preprocessor({ width, height });
  for (let index = 0; index < pictures; index++) {
    const picture = photoLikePicture(400, 300, 1, SEED + index);
    const pixels = new Uint8Array(preprocessor.packedBytes);
    const threshold = preprocessor.binarize(picture, pixels);
    const label = labels[index % classes] ?? "";
    const source = { sourceWidth: picture.width, sourceHeight: picture.height };
    await writer.write({ path: `train/${label}/${index}.png`, label, split: "train", ...source, threshold, pixels });
  }
  await writer.finish();
}

/** Initial weights from our generator, for all peers. */
async function firstWeights(): Promise<readonly FileTensor[]> {
  await startBackend("auto");
  const network = referenceNetwork(SHAPE, Generator.ofSeed(SEED));
  const tensors = network.trainableWeights.map((weight, index) => {
    const values = weight.read();
    return { name: `weights/${index}`, shape: values.shape, values: values.dataSync<"float32">().slice() };
  });
  network.dispose();
  return tensors;
}
