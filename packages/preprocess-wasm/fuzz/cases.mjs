// Cases: calls of the public API with random arguments, and their expected results.
//
//   number ─▶ method, arguments in awkward places ─▶ one binary ─▶ result, memory ─┐
//                       └─▶ the same pixels, plain ─▶ the other ─▶ result ─▶ styled ┴─▶ equal?
//
// A plain call has whole pictures without padding, separate arrays, and masks of 0 and 1 that are not inverted.
// Strides, regions, formats and batches are applied to its result here, in the simplest way.

import { draw, noise } from "./memory.mjs";

/**
 * @import { Memory } from "./memory.mjs"
 * @import { Random } from "./random.mjs"
 * @import { MaskOptions, Picture, Preprocessor as Class, WarpOptions } from "../ts/index.ts"
 */

/**
 * The expected outcome of a case.
 *
 * @typedef {object} Expected
 * @property {unknown} result
 * @property {readonly (readonly [view: Uint8Array, bytes: Uint8Array])[]} outputs views in the case's memory, and their
 *   expected content
 */

/**
 * The kind of an argument, which decides how it can be invalid.
 *
 * @typedef {"picture" | "pictures" | "bytes" | "any levels" | "levels" | "counts" | "occurring counts" | "threshold"
 *   | "classes" | "side" | "options" | "local options" | "warp options"} Kind
 */

/**
 * @typedef {object} Case
 * @property {"gray" | "resize" | "resizeColors" | "binarize" | "binarizeBatch" | "threshold" | "pictureHistogram" | "histogram"
 *   | "otsuThreshold" | "thresholdMask" | "packBits" | "unpackBits" | "multiOtsuThresholds" | "triangleThreshold"
 *   | "liThreshold" | "sauvolaMask" | "localMeanMask" | "warp"} method
 * @property {readonly (readonly [Kind, unknown])[]} args
 * @property {(oracle: Preprocessor) => Expected} expect calls the other binary, plainly
 */

/**
 * The object whose methods are called.
 *
 * @typedef {Pick<Class, Case["method"] | "instructionSet">} Preprocessor
 */

/** @typedef {{ readonly picture: Picture, readonly plain: Picture }} DrawnPicture */

/** The longest of rare long sides. */
const LONGEST = 4000;

/**
 * Width and height: usually up to 40, often 1; else long and flat, or upright.
 *
 * @param {Random} random
 * @returns {{ width: number, height: number }}
 */
export function drawSize(random) {
  const side = () => (random.once(6) ? 1 : random.from(1, random.of([8, 20, 40, 40])));
  if (!random.once(30)) return { width: side(), height: side() };
  const [long, short] = [random.from(41, random.once(8) ? LONGEST : 400), random.from(1, 3)];
  return random.once(2) ? { width: long, height: short } : { width: short, height: long };
}

/**
 * One case.
 *
 * @param {Random} random
 * @param {Memory} memory
 * @param {{ readonly width: number, readonly height: number }} target size of both preprocessors' outputs
 * @returns {Case}
 */
export function drawCase(random, memory, target) {
  const drawOne = random.of(DRAWS);
  return drawOne(random, memory, target);
}

/** @type {((random: Random, memory: Memory, target: { width: number, height: number }) => Case)[]} */
const DRAWS = [
  binarizeCase,
  binarizeCase,
  binarizeCase,
  resizeCase,
  resizeCase,
  resizeCase,
  colorsCase,
  grayCase,
  grayCase,
  batchCase,
  (random, memory) => {
    const { picture, plain } = drawPicture(random, memory);
    return {
      method: "threshold",
      args: [["picture", picture]],
      expect: (oracle) => ({ result: oracle.threshold(plain), outputs: [] }),
    };
  },
  (random, memory) => {
    const { picture, plain } = drawPicture(random, memory);
    const output = memory.output(1024, 4);
    return {
      method: "pictureHistogram",
      args: [
        ["picture", picture],
        ["counts", words32(output)],
      ],
      expect: (oracle) => {
        const counts = new Uint32Array(256);
        oracle.pictureHistogram(plain, counts);
        return { result: undefined, outputs: [[output, bytesOf(counts)]] };
      },
    };
  },
  histogramCase,
  thresholdMaskCase,
  thresholdMaskCase,
  packBitsCase,
  unpackBitsCase,
  otsuCase,
  multiOtsuCase,
  (random, memory) => measureCase("triangleThreshold", random, memory),
  (random, memory) => measureCase("liThreshold", random, memory),
  sauvolaCase,
  localMeanCase,
  warpCase,
  warpCase,
];

/**
 * A picture with padding, a region and a type of array as drawn, and the same without.
 *
 * @param {Random} random
 * @param {Memory} memory
 * @returns {DrawnPicture}
 */
function drawPicture(random, memory) {
  const channels = random.of(/** @type {const} */ ([1, 3, 4]));
  const isBanded = random.once(1000);
  // Rows so far apart that they are processed in several bands, in a read-only picture, which would take long to draw.
  const { width, height } = isBanded ? { width: random.from(1, 40), height: random.from(33, 90) } : drawSize(random);
  const hasRegion = random.once(3);
  const [x, y] = hasRegion ? [random.from(0, 7), random.from(0, 5)] : [0, 0];
  const whole = hasRegion
    ? { width: x + width + random.from(0, 5), height: y + height + random.from(0, 5) }
    : { width, height };
  const rowBytes = whole.width * channels;
  const padding = isBanded ? random.from(4000, 8000) : random.once(3) ? random.from(1, 24) : 0;
  const stride = rowBytes + padding;
  const ends = padding > 0 && random.once(2) ? stride : rowBytes;
  const length = (whole.height - 1) * stride + ends;
  const pixels = isBanded ? noise(random, length) : draw(random, memory.input(length));

  const { buffer, byteOffset } = pixels;
  const data = random.of([
    pixels,
    pixels,
    new Uint8ClampedArray(buffer, byteOffset, length),
    Buffer.from(/** @type {ArrayBuffer} */ (buffer), byteOffset, length),
  ]);
  const picture = {
    data,
    ...whole,
    channels,
    ...((padding > 0 || random.once(4)) && { stride }),
    ...(hasRegion && { region: { x, y, width, height } }),
  };
  const cut = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row++) {
    const first = (y + row) * stride + x * channels;
    cut.set(pixels.subarray(first, first + width * channels), row * width * channels);
  }
  return { picture, plain: { data: cut, width, height, channels } };
}

/**
 * @param {Random} random
 * @param {Memory} memory
 * @param {{ width: number, height: number }} target
 * @returns {Case}
 */
function binarizeCase(random, memory, target) {
  const { picture, plain } = drawPicture(random, memory);
  const pixels = target.width * target.height;
  const options = drawStyle(random);
  const output = memory.output(styledBytes(pixels, options));
  return {
    method: "binarize",
    args: [
      ["picture", picture],
      ["bytes", output],
      ["options", options],
    ],
    expect: (oracle) => {
      const mask = new Uint8Array(pixels);
      const result = oracle.binarize(plain, mask, { format: "0/1" });
      return { result, outputs: [[output, styled(mask, options)]] };
    },
  };
}

/**
 * @param {Random} random
 * @param {Memory} memory
 * @param {{ width: number, height: number }} target
 * @returns {Case}
 */
function batchCase(random, memory, target) {
  const drawn = Array.from({ length: random.from(0, 4) }, () => drawPicture(random, memory));
  const pixels = target.width * target.height;
  const options = drawStyle(random);
  const maskBytes = styledBytes(pixels, options);
  const masks = memory.output(drawn.length * maskBytes);
  // Overlapping outputs are a separate error.
  const thresholds = memory.input(drawn.length);
  return {
    method: "binarizeBatch",
    args: [
      ["pictures", drawn.map(({ picture }) => picture)],
      ["bytes", masks],
      ["bytes", thresholds],
      ["options", options],
    ],
    expect: (oracle) => {
      const expectedThresholds = new Uint8Array(drawn.length);
      const expectedMasks = new Uint8Array(masks.length);
      for (const [index, { plain }] of drawn.entries()) {
        const mask = new Uint8Array(pixels);
        expectedThresholds[index] = oracle.binarize(plain, mask, { format: "0/1" });
        expectedMasks.set(styled(mask, options), index * maskBytes);
      }
      return {
        result: undefined,
        outputs: [
          [masks, expectedMasks],
          [thresholds, expectedThresholds],
        ],
      };
    },
  };
}

/**
 * @param {Random} random
 * @param {Memory} memory
 * @param {{ width: number, height: number }} target
 * @returns {Case}
 */
function resizeCase(random, memory, target) {
  const drawn = drawPicture(random, memory);
  return levelsCase("resize", drawn, memory.output(target.width * target.height));
}

/**
 * @param {Random} random
 * @param {Memory} memory
 * @param {{ width: number, height: number }} target
 * @returns {Case}
 */
function colorsCase(random, memory, target) {
  const drawn = drawPicture(random, memory);
  return levelsCase("resizeColors", drawn, memory.output(3 * target.width * target.height));
}

/**
 * @param {Random} random
 * @param {Memory} memory
 * @returns {Case}
 */
function grayCase(random, memory) {
  const drawn = drawPicture(random, memory);
  return levelsCase("gray", drawn, memory.output(drawn.plain.width * drawn.plain.height));
}

/**
 * @param {"gray" | "resize" | "resizeColors"} method
 * @param {DrawnPicture} drawn
 * @param {Uint8Array} output
 * @returns {Case}
 */
function levelsCase(method, { picture, plain }, output) {
  return {
    method,
    args: [
      ["picture", picture],
      ["bytes", output],
    ],
    expect: (oracle) => {
      const levels = new Uint8Array(output.length);
      oracle[method](plain, levels);
      return { result: undefined, outputs: [[output, levels]] };
    },
  };
}

/**
 * A length of levels or masks: usually about one vector, or a few.
 *
 * @param {Random} random
 */
function drawLength(random) {
  return random.from(0, random.once(20) ? 3000 : 130);
}

/**
 * Levels of 8 bits, or of 16.
 *
 * @param {Random} random
 * @param {Memory} memory
 * @param {boolean} is16
 */
function drawLevels(random, memory, is16) {
  const length = drawLength(random);
  if (!is16) return draw(random, memory.input(length));
  const { buffer, byteOffset } = draw(random, memory.input(2 * length, 2));
  return new Uint16Array(buffer, byteOffset, length);
}

/**
 * @param {Random} random
 * @param {Memory} memory
 * @returns {Case}
 */
function histogramCase(random, memory) {
  const levels = drawLevels(random, memory, random.once(40));
  const length = levels instanceof Uint16Array ? 65_536 : 256;
  const output = memory.output(4 * length, 4);
  return {
    method: "histogram",
    args: [
      ["any levels", levels],
      ["counts", words32(output)],
    ],
    expect: (oracle) => {
      const counts = new Uint32Array(length);
      oracle.histogram(levels.slice(), counts);
      return { result: undefined, outputs: [[output, bytesOf(counts)]] };
    },
  };
}

/**
 * @param {Random} random
 * @param {Memory} memory
 * @returns {Case}
 */
function thresholdMaskCase(random, memory) {
  const levels = drawLevels(random, memory, random.once(3));
  const most = levels instanceof Uint16Array ? 65_536 : 256;
  const threshold = random.once(3) ? random.of([-1, 0, 1, 127, 254, 255, most - 1, most]) : random.from(0, most - 1);
  const options = drawStyle(random);
  const output = memory.output(styledBytes(levels.length, options));
  return {
    method: "thresholdMask",
    args: [
      ["levels", levels],
      ["threshold", threshold],
      ["bytes", output],
      ["options", options],
    ],
    expect: (oracle) => {
      const mask = new Uint8Array(levels.length);
      oracle.thresholdMask(levels.slice(), threshold, mask, { format: "0/1" });
      return { result: undefined, outputs: [[output, styled(mask, options)]] };
    },
  };
}

/**
 * @param {Random} random
 * @param {Memory} memory
 * @returns {Case}
 */
function packBitsCase(random, memory) {
  const mask = draw(random, memory.input(drawLength(random)));
  const output = memory.output(Math.ceil(mask.length / 8));
  return {
    method: "packBits",
    args: [
      ["levels", mask],
      ["bytes", output],
    ],
    expect: () => ({ result: undefined, outputs: [[output, styled(mask.map(Math.sign), {})]] }),
  };
}

/**
 * @param {Random} random
 * @param {Memory} memory
 * @returns {Case}
 */
function unpackBitsCase(random, memory) {
  const pixels = drawLength(random);
  const bits = draw(random, memory.input(Math.ceil(pixels / 8)));
  const output = memory.output(pixels);
  return {
    method: "unpackBits",
    args: [
      ["bytes", bits],
      ["levels", output],
    ],
    expect: (oracle) => {
      const mask = new Uint8Array(pixels);
      oracle.unpackBits(bits.slice(), mask);
      return { result: undefined, outputs: [[output, mask]] };
    },
  };
}

/**
 * Counts in a span of the levels, of which at least four occur.
 *
 * @param {Random} random
 * @param {Memory} memory
 * @param {number} length
 */
function drawCounts(random, memory, length) {
  const counts = words32(memory.input(4 * length, 4)).fill(0);
  const span = random.from(4, random.once(100) ? length : 40);
  const first = random.of([0, length - span, random.from(0, length - span)]);
  const most = random.of([1, 3, 1000, 2 ** 24, 2 ** 32 - 1]);
  const occurs = random.of([1, 1, 2, 9]);
  for (let level = first; level < first + span; level++) if (random.once(occurs)) counts[level] = random.from(0, most);
  for (const level of [0, 1, span - 2, span - 1]) counts[first + level] ||= random.from(1, most);
  return counts;
}

/**
 * @param {Random} random
 * @param {Memory} memory
 * @returns {Case}
 */
function otsuCase(random, memory) {
  return measureCase("otsuThreshold", random, memory, random.once(40) ? 65_536 : 256);
}

/**
 * @param {"otsuThreshold" | "triangleThreshold" | "liThreshold"} method
 * @param {Random} random
 * @param {Memory} memory
 * @param {number} length
 * @returns {Case}
 */
function measureCase(method, random, memory, length = 256) {
  const counts = drawCounts(random, memory, length);
  return {
    method,
    args: [["occurring counts", counts]],
    expect: (oracle) => ({ result: oracle[method](counts.slice()), outputs: [] }),
  };
}

/**
 * @param {Random} random
 * @param {Memory} memory
 * @returns {Case}
 */
function multiOtsuCase(random, memory) {
  const counts = drawCounts(random, memory, 256);
  const classes = random.of(/** @type {const} */ ([3, 4]));
  return {
    method: "multiOtsuThresholds",
    args: [
      ["occurring counts", counts],
      ["classes", classes],
    ],
    expect: (oracle) => ({ result: oracle.multiOtsuThresholds(counts.slice(), classes), outputs: [] }),
  };
}

/**
 * @param {Random} random
 * @param {Memory} memory
 * @returns {Case}
 */
function sauvolaCase(random, memory) {
  const k = random.of([0.2, 0, 0.5, 1, -1, 1e308, -1e308, 5e-324, random.fraction()]);
  return localCase("sauvolaMask", random, memory, { window: drawWindow(random, 0), k });
}

/**
 * @param {Random} random
 * @param {Memory} memory
 * @returns {Case}
 */
function localMeanCase(random, memory) {
  const offset = random.of([0, 1, -1, 0.5, -0.5, 300, -1e308, 10 * random.fraction(), random.from(-30, 30)]);
  return localCase("localMeanMask", random, memory, { window: drawWindow(random, 1), offset });
}

/**
 * @param {Random} random
 * @param {number} leastRadius pixels
 */
function drawWindow(random, leastRadius) {
  return 2 * random.from(leastRadius, random.once(50) ? 1450 : random.of([3, 15, 45])) + 1;
}

/**
 * @param {"sauvolaMask" | "localMeanMask"} method
 * @param {Random} random
 * @param {Memory} memory
 * @param {{ window: number, k: number } | { window: number, offset: number }} local
 * @returns {Case}
 */
function localCase(method, random, memory, local) {
  const { width, height } = drawSize(random);
  const levels = draw(random, memory.input(width * height));
  const options = { ...local, ...drawStyle(random) };
  const output = memory.output(styledBytes(levels.length, options));
  return {
    method,
    args: [
      ["levels", levels],
      ["side", width],
      ["side", height],
      ["bytes", output],
      ["local options", options],
    ],
    expect: (oracle) => {
      const mask = new Uint8Array(levels.length);
      const plain = {
        .../** @type {{ window: number, offset: number }} */ (local),
        format: /** @type {const} */ ("0/1"),
      };
      oracle[method](levels.slice(), width, height, mask, plain);
      return { result: undefined, outputs: [[output, styled(mask, options)]] };
    },
  };
}

/**
 * @param {Random} random
 * @param {Memory} memory
 * @param {{ width: number, height: number }} target
 * @returns {Case}
 */
function warpCase(random, memory, target) {
  const { width, height } = drawSize(random);
  const levels = draw(random, memory.input(width * height));
  const curve = random.once(2) ? draw(random, memory.input(256)) : undefined;
  const plain = drawWarp(random);
  const options = curve === undefined ? plain : { ...plain, curve };
  const output = memory.output(target.width * target.height);
  return {
    method: "warp",
    args: [
      ["levels", levels],
      ["side", width],
      ["side", height],
      ["warp options", options],
      ["bytes", output],
    ],
    expect: (oracle) => {
      const warped = new Uint8Array(output.length);
      oracle.warp(levels.slice(), width, height, plain, warped);
      const curved = curve === undefined ? warped : warped.map((level) => curve[level] ?? 0);
      return { result: undefined, outputs: [[output, curved]] };
    },
  };
}

/**
 * A map and a ramp: usually such as augment pictures, else of any size.
 *
 * @param {Random} random
 * @returns {WarpOptions}
 */
function drawWarp(random) {
  const around = (/** @type {number} */ center, /** @type {number} */ reach) =>
    random.once(30)
      ? random.of([0, 1, -1, 1e9, -1e9, 1e308, -1e308, 5e-324])
      : random.once(3)
        ? center
        : center + reach * (2 * random.fraction() - 1);
  const side = random.of([1, 1, -1, 0.5]);
  return {
    ...(!random.once(5) && {
      affine: [around(side, 0.5), around(0, 0.5), around(0, 1), around(0, 0.5), around(1, 0.5), around(0, 1)],
    }),
    ...(random.once(2) && { ramp: [around(0, 60), around(0, 300)] }),
  };
}

/**
 * @param {Random} random
 * @returns {MaskOptions}
 */
function drawStyle(random) {
  const format = random.of(/** @type {const} */ (["bits", "0/1", "0/255", undefined]));
  const invert = random.of([true, false, undefined]);
  return { ...(format !== undefined && { format }), ...(invert !== undefined && { invert }) };
}

/**
 * @param {number} pixels
 * @param {MaskOptions} options
 */
function styledBytes(pixels, { format = "bits" }) {
  return format === "bits" ? Math.ceil(pixels / 8) : pixels;
}

/**
 * A mask of 0 and 1 in another style.
 *
 * @param {Uint8Array} mask
 * @param {MaskOptions} options
 */
function styled(mask, { format = "bits", invert = false }) {
  const marked = mask.map((pixel) => (invert ? 1 - pixel : pixel));
  if (format !== "bits") return marked.map((pixel) => (format === "0/1" ? pixel : 255 * pixel));
  const bits = new Uint8Array(Math.ceil(mask.length / 8));
  for (const [index, pixel] of marked.entries()) {
    bits[index >> 3] = /** @type {number} */ (bits[index >> 3]) | (pixel << (7 - (index & 7)));
  }
  return bits;
}

/** @param {Uint8Array} bytes */
function words32({ buffer, byteOffset, length }) {
  return new Uint32Array(buffer, byteOffset, length / 4);
}

/** @param {Uint32Array} words */
function bytesOf({ buffer, byteOffset, byteLength }) {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
