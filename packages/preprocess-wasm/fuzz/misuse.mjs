// Invalid arguments: for each kind of argument, the ways in which it can be invalid, and the expected error code.

/**
 * @import { Case, Kind } from "./cases.mjs"
 * @import { Random } from "./random.mjs"
 * @import { Picture, PreprocessErrorCode } from "../ts/index.ts"
 */

/** @typedef {readonly [wrong: unknown, code: PreprocessErrorCode]} Misuse */

/**
 * The arguments of `drawn`, with one of them invalid.
 *
 * @param {Random} random
 * @param {Case} drawn
 * @returns {{ args: unknown[], code: PreprocessErrorCode }}
 */
export function misuse(random, { args }) {
  const place = random.from(0, args.length - 1);
  const [kind, right] = args[place] ?? ["side", 0];
  const [wrong, code] = MISUSES[kind](random, /** @type {never} */ (right));
  return { args: args.map(([, arg], index) => (index === place ? wrong : arg)), code };
}

/** @type {Record<Kind, (random: Random, right: never) => Misuse>} */
const MISUSES = {
  picture: (random, /** @type {Picture} */ picture) =>
    random.once(10) ? [noObject(random), "INVALID_ARGUMENT"] : wrongPicture(random, picture),
  pictures: (random, /** @type {readonly Picture[]} */ pictures) => {
    const choice = random.from(0, 3);
    if (choice === 0) return [random.of([null, undefined, 5, new Map()]), "INVALID_ARGUMENT"];
    const last = pictures.at(-1);
    if (last === undefined) return [[undefined], "INVALID_ARGUMENT"];
    if (choice === 1) return [[...pictures, last], "WRONG_LENGTH"];
    const [wrong, code] = MISUSES.picture(random, /** @type {never} */ (last));
    return [[...pictures.slice(0, -1), wrong], code];
  },
  bytes: (random, /** @type {Uint8Array} */ bytes) => wrongArray(random, bytes, [1, 2, 100]),
  // Eight more, since the same number of packed bytes may hold up to seven more.
  levels: (random, /** @type {Uint8Array | Uint16Array} */ levels) => wrongArray(random, levels, [8, 9, 100]),
  "any levels": (random, /** @type {Uint8Array | Uint16Array} */ levels) => wrongArray(random, levels, []),
  counts: (random, /** @type {Uint32Array} */ counts) => wrongArray(random, counts, [1, -1, -256]),
  "occurring counts": (random, /** @type {Uint32Array} */ counts) =>
    random.once(4) ? [new Uint32Array(counts.length), "INVALID_ARGUMENT"] : wrongArray(random, counts, [1, -1, -256]),
  threshold: (random) => [random.of([-2, 65_537, 1e10, 0.5, Number.NaN, "5", undefined]), "INVALID_ARGUMENT"],
  classes: (random) => [random.of([2, 5, Number.NaN, "3", undefined]), "INVALID_ARGUMENT"],
  side: (random, /** @type {number} */ side) =>
    random.once(2) ? [side + random.from(8, 10), "WRONG_LENGTH"] : [random.of(NO_SIDES), "INVALID_ARGUMENT"],
  options: (random, /** @type {object} */ options) => [
    random.of([...noOptions(), ...wrongStyles(options)]),
    "INVALID_ARGUMENT",
  ],
  "local options": (random, /** @type {object} */ options) => [
    random.of([
      ...noOptions(),
      ...wrongStyles(options),
      ...[0, 2, 16, -3, 2903, 1.5, Number.NaN, "3"].map((window) => ({ ...options, window })),
      ...[Number.NaN, Infinity, "1", null].map((wrong) => ({ ...options, k: wrong, offset: wrong })),
    ]),
    "INVALID_ARGUMENT",
  ],
  "warp options": (random, /** @type {object} */ options) => {
    const choice = random.from(0, 3);
    if (choice === 0) {
      const [curve, code] = wrongArray(random, new Uint8Array(256), [1, -1, -256]);
      // Without a curve, levels stay.
      return curve === undefined ? [null, code] : [{ ...options, curve }, code];
    }
    if (choice === 1) return [{ ...options, affine: [1, 0, 0, 0, 1] }, "WRONG_LENGTH"];
    const wrong = random.of([Number.NaN, Infinity, "1", null, undefined]);
    const affine = [1, 0, 0, 0, 1, 0].with(random.from(0, 5), /** @type {number} */ (wrong));
    return [
      random.of([
        ...noOptions(),
        { ...options, affine },
        { ...options, ramp: [0, wrong] },
        { ...options, ramp: {} },
        throwing(options, "curve"),
      ]),
      "INVALID_ARGUMENT",
    ];
  },
};

const NO_SIDES = [0, -1, 1.5, 2 ** 24, 2 ** 32, Number.NaN, Infinity, "4", undefined, {}];

/** @param {Random} random */
function noObject(random) {
  return random.of([null, undefined, 5, "picture", () => undefined]);
}

function noOptions() {
  return [null, 5, "bits"];
}

/** @param {object} options */
function wrongStyles(options) {
  return [
    { ...options, format: "0/2" },
    { ...options, format: 0 },
    { ...options, invert: 1 },
    { ...options, invert: null },
    throwing(options, "format"),
  ];
}

/**
 * @param {Random} random
 * @param {Picture} picture
 * @returns {Misuse}
 */
function wrongPicture(random, picture) {
  const { data, width, height, channels, stride = width * channels } = picture;
  const choice = random.from(0, 9);
  if (choice === 0) return [{ ...picture, width: random.of(NO_SIDES) }, "INVALID_ARGUMENT"];
  if (choice === 1) return [{ ...picture, height: random.of(NO_SIDES) }, "INVALID_ARGUMENT"];
  if (choice === 2) return [{ ...picture, channels: random.of([0, 2, 5, "3", undefined]) }, "INVALID_ARGUMENT"];
  const wrongStrides = [width * channels - 1, 2 ** 31, -stride, stride + 0.5, Number.NaN];
  if (choice === 3) return [{ ...picture, stride: random.of(wrongStrides) }, "INVALID_ARGUMENT"];
  // For one row, any stride is valid.
  if (choice === 4 && height > 1) return [{ ...picture, stride: data.length + 1 }, "WRONG_LENGTH"];
  if (choice <= 6) {
    const whole = { x: 0, y: 0, width, height };
    const wrong = random.of([
      5,
      null,
      { ...whole, x: 1 },
      { ...whole, y: 1 },
      { ...whole, x: -1 },
      { ...whole, width: width + 1 },
      { ...whole, height: 0 },
      { ...whole, y: Number.NaN },
      throwing(whole, "height"),
    ]);
    return [{ ...picture, region: wrong }, "INVALID_ARGUMENT"];
  }
  const keys = /** @type {const} */ (["data", "width", "height", "channels", "stride", "region"]);
  if (choice === 7) return [throwing(picture, random.of(keys)), "INVALID_ARGUMENT"];
  const [wrong, code] = wrongArray(random, data, [stride + 1, -data.length]);
  return [{ ...picture, data: wrong }, code];
}

/**
 * An array of another type or length, or a detached one.
 *
 * @param {Random} random
 * @param {Uint8Array | Uint8ClampedArray | Uint16Array | Uint32Array} array
 * @param {readonly number[]} more elements, by which a length becomes a wrong one
 * @returns {Misuse}
 */
function wrongArray(random, array, more) {
  const { length } = array;
  const choice = random.from(0, more.length === 0 ? 1 : 3);
  if (choice === 0) {
    const others = [undefined, null, [1, 2, 3], new Float32Array(length), new DataView(new ArrayBuffer(length))];
    return [random.of([...others, Object.create(Uint8Array.prototype)]), "INVALID_ARGUMENT"];
  }
  const ArrayType =
    array instanceof Uint32Array ? Uint32Array : array instanceof Uint16Array ? Uint16Array : Uint8Array;
  if (choice === 1) return [random.once(2) ? transferred(new ArrayType(length)) : shrunk(ArrayType), "WRONG_LENGTH"];
  return [new ArrayType(length + random.of(more)), "WRONG_LENGTH"];
}

/** @param {Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>} array */
function transferred(array) {
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

/** @param {Uint8ArrayConstructor | Uint16ArrayConstructor | Uint32ArrayConstructor} ArrayType */
function shrunk(ArrayType) {
  const buffer = new ArrayBuffer(64, { maxByteLength: 64 });
  const array = new ArrayType(buffer, 0, 64 / ArrayType.BYTES_PER_ELEMENT);
  buffer.resize(8);
  return array;
}

/**
 * @param {object} object
 * @param {string} key
 */
function throwing(object, key) {
  return Object.defineProperty({ ...object }, key, {
    get: () => {
      throw new RangeError("Expected nobody to ask");
    },
  });
}
