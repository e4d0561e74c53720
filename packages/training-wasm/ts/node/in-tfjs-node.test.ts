// The same files in tfjs-node: models, and decoded pictures.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import sharp, { type Sharp } from "sharp";
import { beforeAll, describe, expect, it } from "vitest";

import { enableTraining } from "../index.ts";
import { layers as tfl, tf } from "../testing/tensorflow.ts";
import { decodeImage } from "./index.ts";

/** What testing/in-tfjs-node.mjs prints. */
interface Printed {
  readonly prediction: readonly number[];
  readonly decoded: readonly {
    readonly name: string;
    readonly channels: number;
    readonly shape: readonly number[];
    readonly values: readonly number[];
  }[];
}

/** How far the pixels of a photograph's JPEG may be from those of TensorFlow's faster transform, at most and on average. */
const JPEG_DISTANCE = { most: 10, mean: 1.5 };

describe.skipIf(process.env["SILHOUETTE_TFJS_NODE"] !== "1")("tfjs-node", () => {
  const folder = mkdtempSync(join(tmpdir(), "silhouette-in-tfjs-node-"));
  let model: tfl.Sequential;
  let printed: Printed;

  beforeAll(async () => {
    await enableTraining({ threads: 1 });
    model = tfl.sequential();
    model.add(tfl.layers.conv2d({ inputShape: [4, 4, 1], filters: 2, kernelSize: 3, name: "seen" }));
    model.add(tfl.layers.batchNormalization({ name: "even" }));
    model.add(tfl.layers.flatten({ name: "flat" }));
    model.add(tfl.layers.dense({ units: 3, name: "said" }));
    model.compile({ optimizer: "adam", loss: "meanSquaredError" });
    model.setUserDefinedMetadata({ labels: ["bus", "car", "motorcycle"] });
    await model.save(`file://${folder}/model`);
    mkdirSync(join(folder, "pictures"));
    for (const [name, content] of Object.entries(await pictures()))
      writeFileSync(join(folder, "pictures", name), content);
    const program = fileURLToPath(new URL("../testing/in-tfjs-node.mjs", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [program, folder]);
    printed = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Printed;
  });

  it("loads a model that was saved here, and predicts the same", () => {
    const prediction = [...(model.predict(tf.ones([1, 4, 4, 1])) as tf.Tensor).dataSync()];
    expect(printed.prediction).toHaveLength(3);
    for (const [index, value] of printed.prediction.entries()) expect(value).toBeCloseTo(prediction[index] ?? NaN, 5);
  });

  it("saves the same files, byte for byte, which load here", async () => {
    const read = (of: string, name: string): Buffer => readFileSync(join(folder, of, name));
    expect(read("model", "weights.bin")).toEqual(read("again", "weights.bin"));
    // Its JSON has the settings of the optimizer, which it does not load.
    expect(JSON.parse(read("model", "model.json").toString())).toEqual(
      JSON.parse(read("again", "model.json").toString()),
    );
    const loaded = await tfl.loadLayersModel(`file://${folder}/again/model.json`);
    expect((loaded.predict(tf.ones([1, 4, 4, 1])) as tf.Tensor).dataSync()).toEqual(
      (model.predict(tf.ones([1, 4, 4, 1])) as tf.Tensor).dataSync(),
    );
  });

  it("decodes PNGs and GIFs to the same values, and JPEGs to near ones", async () => {
    expect(printed.decoded.length).toBeGreaterThan(25);
    for (const { name, channels, shape, values } of printed.decoded) {
      const decoded = await decodeImage(readFileSync(join(folder, "pictures", name)), channels);
      expect({ name, channels, shape: decoded.shape }).toEqual({ name, channels, shape });
      const distances = [...decoded.dataSync()].map((value, index) => Math.abs(value - (values[index] ?? NaN)));
      const most = Math.max(...distances);
      if (name.endsWith(".jpg")) {
        expect({ name, most }).toEqual({
          name,
          most: expect.toSatisfy((at: number) => at <= JPEG_DISTANCE.most) as number,
        });
        const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
        expect(mean).toBeLessThanOrEqual(JPEG_DISTANCE.mean);
      } else {
        // libpng rounds some of the gray levels that it makes of colors down, and some up.
        expect({ name, channels, most }).toEqual({ name, channels, most: channels === 1 ? expect.any(Number) : 0 });
        expect(most).toBeLessThanOrEqual(1);
      }
    }
  });
});

/** Files by name: of each kind of pixels, with a color profile, an orientation, frames. */
async function pictures(): Promise<Readonly<Record<string, Buffer>>> {
  const [width, height] = [24, 20];
  const drawn = (channels: 1 | 2 | 3 | 4): Sharp =>
    sharp(
      Uint8Array.from({ length: width * height * channels }, (_, index) => (index * index * 37 + index * 11) % 256),
      { raw: { width, height, channels } },
    );
  const smooth = sharp(
    Uint8Array.from({ length: width * height * 3 }, (_, index) => 128 + 100 * Math.sin(index / 40 + (index % 3))),
    { raw: { width, height, channels: 3 } },
  );
  const framed = sharp(
    Uint8Array.from({ length: 3 * 4 * 5 * 3 }, (_, index) => 20 * Math.floor(index / (4 * 5 * 3)) + 1),
    { raw: { width: 5, height: 3 * 4, channels: 3, pageHeight: 4 } },
  );
  return {
    "gray.png": await drawn(1).toColourspace("b-w").png().toBuffer(),
    "gray-alpha.png": await drawn(2).png().toBuffer(),
    "rgb.png": await drawn(3).png().toBuffer(),
    "rgba.png": await drawn(4).png().toBuffer(),
    "palette.png": await smooth.clone().png({ palette: true }).toBuffer(),
    "16-bit.png": await drawn(3).toColourspace("rgb16").png().toBuffer(),
    "profile.png": await drawn(3).withIccProfile("p3").png().toBuffer(),
    "frames.gif": await framed.gif().toBuffer(),
    "transparent.gif": await drawn(4).gif().toBuffer(),
    "smooth.jpg": await smooth.clone().jpeg().toBuffer(),
    "turned.jpg": await smooth.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    "gray.jpg": await smooth.clone().toColourspace("b-w").jpeg().toBuffer(),
  };
}
