// Creates the intact files that are mutated: datasets, a complete run, models, photographs.
//
//   <folder>/photos/*          small pictures of every format
//   <folder>/datasets/*.arrow
//   <folder>/run/              a complete run of a small network, trained on the first dataset
//   <folder>/models/<n>/model  models of other networks

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { enableTraining } from "@silhouette/training-wasm";
import { input, layers, model, sequential } from "@tensorflow/tfjs-layers";
import sharp from "sharp";

import { Random } from "../../preprocess-wasm/fuzz/random.mjs";
import { DatasetWriter, packedBytes, saveModel, train } from "../dist/index.js";
import { preprocessingOf } from "../dist/dataset/preprocessing.js";

/** Side length of the pictures in pixels. */
const SIDE = 12;

const LABELS = ["car", "bus"];

/**
 * The network of the run: small, with every kind of weight in the reference network.
 *
 * @param {{ height: number, width: number, classes: number }} shape
 */
export function smallNetwork({ height, width, classes }) {
  const network = sequential({ name: "small" });
  network.add(layers.conv2d({ filters: 2, kernelSize: 3, activation: "relu", inputShape: [height, width, 1] }));
  network.add(layers.maxPooling2d({ poolSize: 2, strides: 2 }));
  network.add(layers.batchNormalization());
  network.add(layers.dropout({ rate: 0.2 }));
  network.add(layers.flatten());
  network.add(layers.dense({ units: classes, activation: "softmax" }));
  return network;
}

/** @typedef {import("@tensorflow/tfjs-layers").SymbolicTensor} SymbolicTensor */

/** A network with a recurrent branch and a convolutional one. */
function branchedNetwork() {
  const pictures = input({ shape: [SIDE, SIDE, 1] });
  /** @param {{ apply(inputs: any): unknown }} layer @param {SymbolicTensor | SymbolicTensor[]} inputs */
  const after = (layer, inputs) => /** @type {SymbolicTensor} */ (layer.apply(inputs));
  const steps = after(layers.reshape({ targetShape: [SIDE, SIDE] }), pictures);
  const gru = layers.gru({ units: 2, recurrentInitializer: "glorotUniform" });
  const recurrent = after(layers.bidirectional({ layer: gru, mergeMode: "concat" }), steps);
  const convolved = after(layers.separableConv2d({ filters: 2, kernelSize: 3 }), pictures);
  const pooled = after(layers.globalAveragePooling2d({}), convolved);
  const joined = after(layers.concatenate(), [recurrent, pooled]);
  const outputs = after(layers.dense({ units: LABELS.length, activation: "softmax" }), joined);
  return model({ name: "branched", inputs: pictures, outputs });
}

/**
 * Creates all files, the same ones each time.
 *
 * @param {string} folder
 */
export async function makeCorpus(folder) {
  const random = new Random(0, 0);
  for (const name of ["photos", "datasets", "models"]) await mkdir(join(folder, name), { recursive: true });
  await makePhotographs(join(folder, "photos"), random);
  const datasets = [40, 9];
  for (const [index, rows] of datasets.entries()) {
    await makeDataset(join(folder, "datasets", `${index}.arrow`), rows, random);
  }
  await train({
    source: join(folder, "datasets", "0.arrow"),
    run: join(folder, "run"),
    epochs: 2,
    batch: 8,
    network: smallNetwork,
    backend: "wasm",
  });
  await enableTraining();
  /** @type {import("../dist/index.js").ModelDescription} */
  const description = {
    labels: LABELS,
    width: SIDE,
    height: SIDE,
    pixelFormat: "binary1",
    input: "otsu",
    views: 1,
    calibration: null,
    preprocessing: preprocessingOf("binary1"),
    provenance: {
      epoch: 1,
      seed: 0,
      kernelSet: "simd128",
      backend: "wasm",
      version: "0.1.0",
      trainedOn: { source: "photos", pictures: 2 },
    },
  };
  for (const [index, network] of [branchedNetwork()].entries()) {
    await saveModel(join(folder, "models", String(index), "model"), network, description);
    network.dispose();
  }
}

/**
 * @param {string} path
 * @param {number} rows
 * @param {Random} random
 */
async function makeDataset(path, rows, random) {
  const size = { width: SIDE, height: SIDE };
  const writer = await DatasetWriter.create(path, {
    formatVersion: 3,
    ...size,
    pixelFormat: "binary1",
    labels: LABELS,
    preprocessing: preprocessingOf("binary1"),
    split: { from: "content", seed: 7, fractions: [0.8, 0.1, 0.1], drawn: ["train", "val", "test"] },
  });
  for (let index = 0; index < rows; index++) {
    const label = LABELS[index % 2] ?? "";
    const pixels = Buffer.alloc(packedBytes(size));
    for (const at of pixels.keys()) pixels[at] = index % 2 === 0 ? random.from(0, 255) : random.from(0, 15);
    await writer.write({
      path: `${label}/${index}.png`,
      label,
      split: index % 10 < 6 ? "train" : index % 10 < 8 ? "val" : "test",
      sourceWidth: SIDE,
      sourceHeight: SIDE,
      threshold: index,
      pixels,
      thumbnail: Uint8Array.from({ length: index % 3 }, () => random.from(0, 255)),
    });
  }
  await writer.finish();
}

/**
 * @param {string} folder
 * @param {Random} random
 */
async function makePhotographs(folder, random) {
  const [width, height] = [20, 14];
  /** @param {1 | 3 | 4} channels */
  const drawn = (channels) => {
    const data = Buffer.alloc(width * height * channels);
    for (const at of data.keys()) data[at] = at % 7 === 0 ? random.from(0, 255) : at % 256;
    return sharp(data, { raw: { width, height, channels } });
  };
  /** @type {Record<string, import("sharp").Sharp>} */
  const pictures = {
    "gray.png": drawn(1).png(),
    "16-bits.png": drawn(3).toColourspace("rgb16").png(),
    "palette.png": drawn(4).png({ palette: true }),
    "interlaced.png": drawn(4).png({ progressive: true }),
    "baseline.jpg": drawn(3).jpeg(),
    "progressive.jpg": drawn(3)
      .withExif({ IFD0: { Orientation: "6" } })
      .jpeg({ progressive: true }),
    "cmyk.jpg": drawn(3).toColourspace("cmyk").jpeg(),
    "lossy.webp": drawn(4).webp(),
    "lossless.webp": drawn(4).webp({ lossless: true }),
    "plain.gif": drawn(4).gif(),
    "plain.tiff": drawn(3).tiff({ compression: "none" }),
    "lzw.tiff": drawn(4).tiff({ compression: "lzw" }),
    "jpeg.tiff": drawn(3).tiff({ compression: "jpeg" }),
    "deflate-tiles.tiff": drawn(1).tiff({ compression: "deflate", tile: true, tileWidth: 16, tileHeight: 16 }),
    "16-bits.tiff": drawn(1).toColourspace("grey16").tiff({ compression: "lzw", predictor: "horizontal" }),
    "plain.avif": drawn(3).avif({ effort: 0 }),
  };
  for (const [name, picture] of Object.entries(pictures)) await writeFile(join(folder, name), await picture.toBuffer());
  const frames = Buffer.concat([await drawn(4).raw().toBuffer(), await drawn(4).raw().toBuffer()]);
  const animation = sharp(frames, { raw: { width, height: 2 * height, channels: 4, pageHeight: height } });
  await writeFile(join(folder, "animated.gif"), await animation.clone().gif().toBuffer());
  await writeFile(join(folder, "animated.webp"), await animation.clone().webp().toBuffer());
}
