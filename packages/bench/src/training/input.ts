// Input of the training suites: drawn pictures as a dataset, what a network sees of them as batches, and its initial weights.
// In: a folder and a network. Out: files in it.

import { join } from "node:path";

import { init, Preprocessor } from "@silhouette/preprocess-wasm";
import { DatasetWriter, Generator, openDataset } from "@silhouette/trainer";
import { binarized, storedSize } from "@silhouette/trainer/browser";
import { PictureSet, startBackend, writeTensorFile, type FileTensor } from "@silhouette/trainer/step";

import { photoLikePicture } from "../measure/photo-like-picture.ts";
import { BUILT_IN_NETWORKS, type NetworkName } from "./built-in-networks.ts";
import type { Job } from "./turn.ts";

/** Seed of pictures and weights. */
const SEED = 20_261_125;

/** Where the input of a batch is. */
type Input = Pick<Job, "input" | "dataset">;

/** Writes the input of `network` for each of `batches`. */
export async function writeInputs(
  folder: string,
  network: NetworkName,
  batches: readonly number[],
): Promise<(batch: number) => Input> {
  const dataset = join(folder, `${network}.arrow`);
  const inputOf = (batch: number): string => join(folder, `${network}-${batch}.safetensors`);
  await writeDataset(dataset, network, Math.max(...batches));
  const opened = await openDataset(dataset);
  const set = await PictureSet.load(opened, "train");
  const all = await set.load(Int32Array.from({ length: set.size }, (_, index) => index));
  await opened.close();
  const weights = await firstWeights(network);
  const { width, height, channels, scale, offset } = set.input;
  for (const batch of batches) {
    const loaded = all.take(Int32Array.from({ length: batch }, (_, index) => index));
    const tensors: readonly FileTensor[] = [
      ...weights,
      {
        name: "pictures",
        shape: [batch, height, width, channels],
        values: Float32Array.from(loaded.pixels(), (byte) => scale * byte + offset),
      },
      { name: "labels", shape: [batch, set.labels.length], values: loaded.oneHot() },
    ];
    await writeTensorFile(inputOf(batch), "the benchmark's input", { tensors, metadata: new Map() });
  }
  return (batch) => ({ input: inputOf(batch), dataset });
}

async function writeDataset(path: string, network: NetworkName, pictures: number): Promise<void> {
  const { shape, pixelFormat } = BUILT_IN_NETWORKS[network];
  const { classes } = shape;
  const { width, height } = storedSize(shape, pixelFormat);
  const labels = Array.from({ length: classes }, (_, index) => `class${index}`);
  const writer = await DatasetWriter.create(path, {
    formatVersion: 3,
    width,
    height,
    pixelFormat,
    labels,
    preprocessing: {
      background: "white",
      gray: "opencv-15bit",
      resize: "pillow13-bilinear",
      threshold: pixelFormat === "gray8" ? "none" : "otsu",
    },
    split: { from: "folders" },
  });
  await init();
  const preprocessor = new Preprocessor({ width, height });
  for (let index = 0; index < pictures; index++) {
    const made = binarized(preprocessor, photoLikePicture(400, 300, 1, SEED + index), pixelFormat);
    if ("code" in made) throw new RangeError(`Expected a picture that can be stored, but it ${made.message}`);
    const { sourceWidth, sourceHeight, threshold, pixels } = made;
    const label = labels[index % classes] ?? "";
    await writer.write({
      path: `train/${label}/${index}.png`,
      label,
      split: "train",
      sourceWidth,
      sourceHeight,
      threshold,
      pixels,
      thumbnail: new Uint8Array(),
    });
  }
  await writer.finish();
}

/** Initial weights from our generator, for all peers. */
async function firstWeights(network: NetworkName): Promise<readonly FileTensor[]> {
  await startBackend("auto");
  const { build, shape } = BUILT_IN_NETWORKS[network];
  const built = build(shape, Generator.ofSeed(SEED));
  const tensors = built.trainableWeights.map((weight, index) => {
    const values = weight.read();
    return { name: `weights/${index}`, shape: values.shape, values: values.dataSync<"float32">().slice() };
  });
  built.dispose();
  return tensors;
}
