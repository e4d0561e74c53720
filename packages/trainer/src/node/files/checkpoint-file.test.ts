// Checkpoints round-trip bit for bit, and anything else is rejected.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { describe, expect, it } from "vitest";

import { readCheckpoint, writeCheckpoint } from "./checkpoint-file.ts";
import type { Checkpoint } from "../../training/state.ts";
import type { NamedValues } from "../../network/weights.ts";
import { Generator } from "../../values/generator.ts";
import type { FileTensor } from "../../values/safetensors.ts";
import { writeTensorFile } from "./tensor-file.ts";
import { emptyFolder } from "../../testing/folders.ts";

const NAMES = ["conv2d_1/kernel", "conv2d_1/bias", "order"] as const;

function named(first: number): readonly NamedValues[] {
  return NAMES.map((name, index) => ({
    name,
    shape: [index + 1, 2],
    values: Float32Array.from({ length: 2 * (index + 1) }, (_, at) => (first + index + at) / 3),
  }));
}

const CHECKPOINT: Checkpoint = {
  weights: named(0),
  optimizer: { step: 40, slots: { m: named(10), v: named(20).slice(0, 2) } },
  averages: named(30),
  best: named(40),
  generator: Generator.ofSeed(7).state,
  epoch: 3,
  history: "0badcafe",
  order: Int32Array.of(2, 0, 1),
  batchesDone: 1,
  sums: { loss: 0.1 + 0.2, correct: 5, pictures: 8, seconds: 1 / 3 },
};

const path = () => join(emptyFolder(), "checkpoints", "last.safetensors");

describe("a checkpoint", () => {
  it("round-trips, and its folder is created", async () => {
    const file = path();
    await writeCheckpoint(file, CHECKPOINT);
    expect(await readCheckpoint(file)).toEqual(CHECKPOINT);
    expect(readdirSync(dirname(file))).toEqual(["last.safetensors"]);
  });

  it("round-trips between epochs, before the first step, and after a loss that is NaN", async () => {
    const file = path();
    for (const loss of [0, -0, Number.NaN, Infinity]) {
      const sums = { loss, correct: 0, pictures: 0, seconds: 0 };
      const optimizer = { step: 0, slots: {} };
      const checkpoint = {
        ...CHECKPOINT,
        optimizer,
        averages: [],
        order: new Int32Array(),
        epoch: 0,
        batchesDone: 0,
        sums,
      };
      await writeCheckpoint(file, checkpoint);
      expect(await readCheckpoint(file)).toEqual(checkpoint);
    }
  });

  it("keeps every bit of its values", async () => {
    const file = path();
    const bits = Uint32Array.of(0x7fc00001, 0xffc12345, 0x80000000, 0x00000001, 0x7f800000, 0x3dcccccd);
    const values = new Float32Array(bits.buffer);
    await writeCheckpoint(file, { ...CHECKPOINT, weights: [{ name: "w", shape: [6], values }] });
    const { weights } = await readCheckpoint(file);
    expect(new Uint32Array(weights[0]?.values.buffer ?? new ArrayBuffer(0))).toEqual(bits);
  });

  it("continues with the same random numbers", async () => {
    const file = path();
    const generator = Generator.ofSeed(5);
    for (let draw = 0; draw < 100; draw++) generator.uniform();
    await writeCheckpoint(file, { ...CHECKPOINT, generator: generator.state });
    const restored = new Generator((await readCheckpoint(file)).generator);
    expect(restored.permutation(50)).toEqual(generator.permutation(50));
    expect(restored.uniform()).toBe(generator.uniform());
  });

  it("has the same bytes each time", async () => {
    const [one, other] = [path(), path()];
    await writeCheckpoint(one, CHECKPOINT);
    await writeCheckpoint(other, CHECKPOINT);
    expect(readFileSync(one).equals(readFileSync(other))).toBe(true);
  });

  it("is unchanged if the next one cannot be written", async () => {
    const file = path();
    await writeCheckpoint(file, CHECKPOINT);
    const broken = [{ name: "w", shape: [3], values: new Float32Array(2) }];
    await expect(writeCheckpoint(file, { ...CHECKPOINT, weights: broken })).rejects.toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    expect(await readCheckpoint(file)).toEqual(CHECKPOINT);
    expect(readdirSync(dirname(file))).toEqual(["last.safetensors"]);
  });

  it("is rejected if its folder cannot be created", async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, "file"), "");
    await expect(writeCheckpoint(join(folder, "file", "a"), CHECKPOINT)).rejects.toThrow(
      expect.objectContaining({ code: "OUTPUT_UNWRITABLE" }),
    );
  });
});

describe("an unusable checkpoint", () => {
  const refused = (code: string, message: string) =>
    expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error;

  /** A valid tensor file with `text` in place of a checkpoint's numbers. */
  async function readWith(text: string | undefined, tensors: readonly FileTensor[] = []): Promise<Checkpoint> {
    const file = join(emptyFolder(), "a.safetensors");
    const metadata = new Map(text === undefined ? [] : [["silhouette", text]]);
    await writeTensorFile(file, "a file", { tensors, metadata });
    return readCheckpoint(file);
  }

  const state = {
    kind: "checkpoint",
    formatVersion: 4,
    step: 1,
    generator: [1, 2, 3, 4],
    epoch: 1,
    history: "0badcafe",
    batchesDone: 0,
    sums: { loss: 0, correct: 0, pictures: 0, seconds: 0 },
  };
  const order = { name: "order", shape: [0], values: new Int32Array() };

  it("is distinguished: missing, a folder, other content", async () => {
    const folder = emptyFolder();
    await expect(readCheckpoint(join(folder, "a"))).rejects.toThrow(refused("CHECKPOINT_NOT_FOUND", "(ENOENT)"));
    mkdirSync(join(folder, "b"));
    await expect(readCheckpoint(join(folder, "b"))).rejects.toThrow(refused("CHECKPOINT_NOT_FOUND", "(EISDIR)"));
    writeFileSync(join(folder, "c"), "hello, world");
    await expect(readCheckpoint(join(folder, "c"))).rejects.toThrow(refused("CHECKPOINT_DAMAGED", "its header has"));
  });

  it("is rejected wherever it is flipped or truncated", async () => {
    const file = path();
    await writeCheckpoint(file, CHECKPOINT);
    const intact = readFileSync(file);
    for (let offset = 0; offset < intact.length; offset += 5) {
      const flipped = Buffer.from(intact);
      flipped[offset] = (flipped[offset] ?? 0) ^ 1;
      for (const content of [flipped, intact.subarray(0, offset)]) {
        writeFileSync(file, content);
        await expect(readCheckpoint(file)).rejects.toThrow(refused("CHECKPOINT_DAMAGED", file));
      }
    }
  });

  it("is rejected if it has another version, which the error names", async () => {
    const text = JSON.stringify({ kind: "checkpoint", formatVersion: 3, somethingNew: true });
    await expect(readWith(text)).rejects.toThrow(refused("CHECKPOINT_VERSION", "has version 3"));
  });

  it.each([
    ["no description", undefined, "silhouette is null instead of an object"],
    ["another kind", JSON.stringify({ ...state, kind: "model" }), 'silhouette.kind is "model"'],
    ["no version", JSON.stringify({ ...state, formatVersion: undefined }), "silhouette.formatVersion is missing"],
    ["half an epoch", JSON.stringify({ ...state, epoch: 0.5 }), "silhouette.epoch is 0.5"],
    [
      "a large state",
      JSON.stringify({ ...state, generator: [2 ** 31, 0, 0, 0] }),
      "silhouette.generator[0] is 2147483648",
    ],
    ["sums without a loss", JSON.stringify({ ...state, sums: {} }), "silhouette.sums.loss is missing"],
  ])("is rejected for %s", async (_, text, message) => {
    await expect(readWith(text, [order])).rejects.toThrow(refused("CHECKPOINT_DAMAGED", message));
  });

  it("is rejected with a generator of three words, or an order of pictures that do not exist", async () => {
    const short = JSON.stringify({ ...state, generator: [1, 2, 3] });
    await expect(readWith(short, [order])).rejects.toThrow(refused("CHECKPOINT_DAMAGED", "instead of a list of 4"));
    for (const values of [Int32Array.of(0, 2), Int32Array.of(-1, 0)]) {
      const other = { name: "order", shape: [2], values };
      await expect(readWith(JSON.stringify(state), [other])).rejects.toThrow(
        refused("CHECKPOINT_DAMAGED", "its order of pictures"),
      );
    }
  });

  it("is rejected without an order, and for integer weights", async () => {
    const text = JSON.stringify(state);
    await expect(readWith(text)).rejects.toThrow(refused("CHECKPOINT_DAMAGED", "it has no order"));
    const whole = { name: "weights/a", shape: [1], values: new Int32Array(1) };
    await expect(readWith(text, [order, whole])).rejects.toThrow(
      refused("CHECKPOINT_DAMAGED", "weights/a has integers"),
    );
    await expect(readWith(text, [order])).resolves.toMatchObject({ epoch: 1, weights: [] });
  });
});
