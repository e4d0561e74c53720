// Plants faults in a copy of a folder of photographs: copies, swapped labels, and pictures whose silhouettes are blank or nearly so.
//
// In: <folder>/<class>/*. Out: <out>/{train,test}/<class>/*, a fifth of each class in test, and what was planted where. All draws come
// from one seed.

import { copyFile, mkdir, readdir } from "node:fs/promises";
import { extname, join } from "node:path";

import { Generator } from "@silhouette/trainer";
import sharp from "sharp";

/** Number of faults of each kind. */
const EACH = 20;

/** Share of the pictures of a class that is for testing. */
const TEST_SHARE = 0.2;

/**
 * @typedef {{ readonly split: string, readonly label: string, readonly name: string, readonly file: string }} Photograph
 * @typedef {{ readonly kind: "copy" | "label" | "mask", readonly path: string, readonly of?: string, readonly what: string }} Fault
 *   A planted fault: the picture that has it, relative to the folder; for copies the original as well.
 */

/**
 * @param {string} folder with one subfolder per class
 * @param {string} out a new folder
 * @param {number} seed
 * @returns {Promise<{ readonly pictures: number, readonly faults: readonly Fault[] }>}
 */
export async function plant(folder, out, seed) {
  const generator = Generator.ofSeed(seed);
  const photographs = await photographsOf(folder, generator);
  const labels = [...new Set(photographs.map(({ label }) => label))];
  const shuffled = drawn(photographs, photographs.length, generator);
  const [copied, swapped, masked] = [0, 1, 2].map((kind) => shuffled.slice(kind * EACH, (kind + 1) * EACH));
  const isFaulty = new Set([...(swapped ?? []), ...(masked ?? [])]);
  for (const split of ["train", "test"]) {
    for (const label of labels) await mkdir(join(out, split, label), { recursive: true });
  }
  for (const each of photographs) if (!isFaulty.has(each)) await copyFile(each.file, join(out, pathOf(each)));

  /** @type {Fault[]} */
  const faults = [];
  /** @param {string} label */
  const other = (label) =>
    one(
      labels.filter((each) => each !== label),
      generator,
    );
  for (const [index, original] of (copied ?? []).entries()) {
    const { split, label, name } = original;
    // Half go to the other split, a quarter to another class, and a quarter stay beside the original.
    const place =
      index % 4 < 2
        ? { split: split === "train" ? "test" : "train", label }
        : { split, label: index % 4 === 2 ? other(label) : label };
    const { extension, write, what } = encodingOf(index, generator);
    const path = pathOf({ ...place, name: `${stem(name)}-again${extension}` });
    await write(original.file, join(out, path));
    const where = index % 4 < 2 ? "another split" : index % 4 === 2 ? "another class" : "the same class";
    faults.push({ kind: "copy", path, of: pathOf(original), what: `${what}, in ${where}` });
  }
  for (const photograph of swapped ?? []) {
    const label = other(photograph.label);
    const path = pathOf({ ...photograph, label });
    await copyFile(photograph.file, join(out, path));
    faults.push({ kind: "label", path, what: `a ${photograph.label} among ${label}` });
  }
  for (const [index, photograph] of (masked ?? []).entries()) {
    const path = pathOf({ ...photograph, name: `${stem(photograph.name)}.png` });
    const what = await writeBlank(photograph.file, join(out, path), index, generator);
    faults.push({ kind: "mask", path, what });
  }
  return { pictures: photographs.length + (copied ?? []).length, faults };
}

/** @param {string} folder @param {Generator} generator @returns {Promise<Photograph[]>} */
async function photographsOf(folder, generator) {
  const entries = await readdir(folder, { withFileTypes: true });
  const labels = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  /** @type {Photograph[]} */
  const all = [];
  for (const label of labels.toSorted()) {
    const names = (await readdir(join(folder, label))).toSorted();
    const test = new Set(drawn(names, Math.round(TEST_SHARE * names.length), generator));
    for (const name of names) {
      // The class is part of the name, so that a swapped picture meets no other of its name.
      const own = `${label}-${name}`;
      all.push({ split: test.has(name) ? "test" : "train", label, name: own, file: join(folder, label, name) });
    }
  }
  return all;
}

/**
 * Half to one and a half times the size, and one of the formats; every other one a little lighter or darker.
 *
 * @param {number} index
 * @param {Generator} generator
 */
function encodingOf(index, generator) {
  const scale = 0.5 + generator.uniform();
  const quality = 40 + Math.floor(51 * generator.uniform());
  const brightness = index % 2 === 0 ? 1 : 0.92 + 0.16 * generator.uniform();
  const format = /** @type {const} */ (["jpeg", "webp", "png"])[index % 3] ?? "jpeg";
  const extension = { jpeg: ".jpg", webp: ".webp", png: ".png" }[format];
  const light = brightness === 1 ? "" : `, brightness x ${brightness.toFixed(2)}`;
  const what = `${format}${format === "png" ? "" : ` ${quality}`}, x ${scale.toFixed(2)}${light}`;
  /** @param {string} file @param {string} target */
  const write = async (file, target) => {
    const { width, autoOrient } = await sharp(file).metadata();
    const shown = autoOrient.width || width;
    await sharp(file, { autoOrient: true })
      .resize({ width: Math.max(1, Math.round(scale * shown)) })
      .modulate({ brightness })
      .toFormat(format, format === "png" ? {} : { quality })
      .toFile(target);
  };
  return { extension, what, write };
}

/**
 * Three kinds: one color; a plain wall with a speck; a photograph that is nearly black, with a lamp.
 *
 * @param {string} file
 * @param {string} target
 * @param {number} index
 * @param {Generator} generator
 */
async function writeBlank(file, target, index, generator) {
  const size = { width: 320, height: 240 };
  const level = 40 + Math.floor(180 * generator.uniform());
  const speck = 6 + Math.floor(10 * generator.uniform());
  const at = { left: 20 + Math.floor(270 * generator.uniform()), top: 20 + Math.floor(190 * generator.uniform()) };
  const wall = sharp({ create: { ...size, channels: 3, background: { r: level, g: level, b: level } } });
  const dot = (/** @type {number} */ value) => ({
    input: {
      create: {
        width: speck,
        height: speck,
        channels: /** @type {const} */ (3),
        background: { r: value, g: value, b: value },
      },
    },
    ...at,
  });
  if (index % 3 === 0) {
    await wall.png().toFile(target);
    return `one color, ${level}`;
  }
  if (index % 3 === 1) {
    await wall
      .composite([dot(level < 128 ? 255 : 0)])
      .png()
      .toFile(target);
    return `a wall of ${level} with a speck of ${speck} pixels`;
  }
  const dark = await sharp(file, { autoOrient: true })
    .resize({ ...size, fit: "fill" })
    .toColourspace("srgb")
    .removeAlpha()
    .linear(0.06, 0)
    .png()
    .toBuffer();
  await sharp(dark)
    .composite([dot(250)])
    .png()
    .toFile(target);
  return `a photograph at 6 % of its light, with a lamp of ${speck} pixels`;
}

/** @param {{ readonly split: string, readonly label: string, readonly name: string }} picture */
function pathOf({ split, label, name }) {
  return `${split}/${label}/${name}`;
}

/** @param {string} name */
function stem(name) {
  return name.slice(0, name.length - extname(name).length);
}

/** @template T @param {readonly T[]} values @param {Generator} generator @returns {T} */
function one(values, generator) {
  const value = values[Math.floor(values.length * generator.uniform())];
  if (value === undefined) throw new RangeError("Expected values to draw from");
  return value;
}

/**
 * `count` of `values`, in a drawn order.
 *
 * @template T @param {readonly T[]} values @param {number} count @param {Generator} generator
 */
function drawn(values, count, generator) {
  const keyed = values.map((value) => ({ value, key: generator.uniform() }));
  return keyed
    .toSorted((first, second) => first.key - second.key)
    .map(({ value }) => value)
    .slice(0, count);
}
