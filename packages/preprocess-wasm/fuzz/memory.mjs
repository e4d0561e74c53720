// The memory of a case: inputs and outputs at any byte of one buffer, which may overlap.

/** @import { Random } from "./random.mjs" */

/** Enough for two histograms of 16-bit levels, or for four pictures. */
const BYTES = 2 ** 20;

/** Bytes between arrays, at most. */
const WIDEST_GAP = 19;

const NOISE = new Uint8Array(BYTES);
for (let index = 0, state = 1; index < NOISE.length; index++) {
  state = (state * 48_271) % 2_147_483_647;
  NOISE[index] = state >> 8;
}

/** What arrays are over: a buffer of each kind that JavaScript has. */
const BUFFERS = [
  new ArrayBuffer(BYTES),
  new SharedArrayBuffer(BYTES),
  new ArrayBuffer(BYTES, { maxByteLength: 2 * BYTES }),
].map((buffer) => new Uint8Array(buffer));

/** Makes memory what it is at the beginning of a block of cases. */
export function resetMemory() {
  for (const bytes of BUFFERS) bytes.set(NOISE);
}

/** The arrays of one case. */
export class Memory {
  #random;
  #bytes;
  #end = 0;

  /** @param {Random} random */
  constructor(random) {
    this.#random = random;
    this.#bytes = random.once(4) ? random.of(BUFFERS) : /** @type {Uint8Array} */ (BUFFERS[0]);
  }

  /**
   * Memory for an input, after all others.
   *
   * @param {number} length bytes
   * @param {number} alignment bytes
   */
  input(length, alignment = 1) {
    const address = this.#end + this.#random.from(0, WIDEST_GAP);
    return this.#at(Math.ceil(address / alignment) * alignment, length);
  }

  /**
   * Memory for an output: usually after the inputs, or overlapping some of them.
   *
   * @param {number} length bytes
   * @param {number} alignment bytes
   */
  output(length, alignment = 1) {
    if (!this.#random.once(8)) return this.input(length, alignment);
    const address = this.#random.from(0, this.#end);
    return this.#at(Math.ceil(address / alignment) * alignment, length);
  }

  /** A copy of all that the case can see, and a little more. */
  copy() {
    return this.#bytes.slice(0, this.#end + WIDEST_GAP);
  }

  /**
   * The first byte that differs from `copy` with `outputs` in their places; undefined if there is none.
   *
   * @param {Uint8Array} copy overwritten
   * @param {readonly (readonly [Uint8Array, Uint8Array])[]} outputs views of this memory, and what is expected in them
   */
  difference(copy, outputs) {
    for (const [{ byteOffset }, expected] of outputs) copy.set(expected, byteOffset);
    const now = this.#bytes.subarray(0, copy.length);
    if (Buffer.compare(copy, now) === 0) return undefined;
    const address = copy.findIndex((byte, index) => byte !== now[index]);
    return { address, expected: copy[address], received: now[address] };
  }

  /**
   * @param {number} address
   * @param {number} length
   */
  #at(address, length) {
    this.#end = Math.max(this.#end, address + length);
    if (this.#end + WIDEST_GAP > BYTES) throw new RangeError(`Expected cases of at most ${BYTES} bytes`);
    return new Uint8Array(this.#bytes.buffer, address, length);
  }
}

/**
 * Pixels of some kind: noise, few levels, one level, black and white, a gradient.
 *
 * @param {Random} random
 * @param {Uint8Array} pixels overwritten
 */
export function draw(random, pixels) {
  const start = random.from(0, NOISE.length - pixels.length);
  const kind = random.of(["noise", "noise", "few levels", "one level", "black and white", "slope"]);
  if (kind === "one level") return pixels.fill(random.of([0, 1, 127, 128, 254, 255]));
  pixels.set(NOISE.subarray(start, start + pixels.length));
  if (kind === "noise") return pixels;
  const [mask, step] = [random.of([0x03, 0x11, 0x80, 0xc0, 0xf0]), random.from(1, 40)];
  for (let index = 0; index < pixels.length; index++) {
    const level = pixels[index] ?? 0;
    if (kind === "few levels") pixels[index] = level & mask;
    else if (kind === "black and white") pixels[index] = level < step ? 255 : 0;
    else pixels[index] = Math.floor(index / step) + (level & 3);
  }
  return pixels;
}

/**
 * Read-only bytes, for a picture that is too large to be drawn.
 *
 * @param {Random} random
 * @param {number} length
 */
export function noise(random, length) {
  const start = random.from(0, NOISE.length - length);
  return NOISE.subarray(start, start + length);
}
