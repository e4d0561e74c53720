// Mutates intact files: bytes as changed by a disk, a download or an attacker, and JSON with another meaning.

/** @import { Random } from "../../preprocess-wasm/fuzz/random.mjs" */

/** Values that overwrite lengths, offsets and counts. */
const WORDS = [0, 1, -1, 7, 255, 65_535, 2 ** 31 - 1, -(2 ** 31), 2 ** 24, 2 ** 30];

/** Nesting depth of JSON far beyond what silhouette writes. */
const DEEP = 200_000;

/** JSON that replaces other values: as text, so that it can contain numbers beyond a double's range. */
const LITERALS = [
  "null",
  "true",
  "false",
  "0",
  "-0",
  "-1",
  "0.5",
  "1",
  "2",
  "1e9",
  "1e15",
  "2147483648",
  "4294967296",
  "9007199254740991",
  "9007199254740993",
  "1e308",
  "1e999",
  "-1e999",
  "1e-999",
  '"NaN"',
  '"Infinity"',
  '""',
  '"0"',
  '"\\ud800"',
  '"\\udfff\\ud800"',
  '"\uffff"',
  '"\\u0000"',
  '"../../../etc/passwd"',
  '"/dev/zero"',
  '"__proto__"',
  "[]",
  "[null]",
  "[[]]",
  "{}",
  '{"__proto__":{}}',
  '{"toString":1}',
  '{"length":1e9}',
  '{"className":"Dense"}',
  "[1000000000,1000000000]",
  "[2147483647]",
  "[-1]",
  "[0]",
  "[0.5]",
  '["a","a"]',
];

/** Names that objects inherit, or that have a special meaning. */
const KEYS = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "",
  "crc32",
  "length",
  "\ud800",
  "\uffff",
  "then",
];

/** Marks JSON text within a value until the value is written. */
const MARK = "\u0001raw";

/**
 * A copy of `bytes` with one to four changes. `other` is a file of the same kind, for splices.
 *
 * @param {Random} random
 * @param {Buffer} bytes
 * @param {Buffer} other
 * @returns {Buffer}
 */
export function mutatedBytes(random, bytes, other) {
  /** @type {Buffer} */
  let mutant = Buffer.from(bytes);
  for (let changes = random.once(2) ? 1 : random.from(2, 4); changes > 0; changes--) {
    mutant = changedOnce(random, mutant, other);
  }
  return mutant;
}

/**
 * @param {Random} random
 * @param {Buffer} bytes
 * @param {Buffer} other
 */
function changedOnce(random, bytes, other) {
  if (bytes.length === 0) return Buffer.from(other.subarray(0, random.from(0, other.length)));
  // Starts and ends of files contain the lengths of everything else.
  const at = Math.min(
    bytes.length - 1,
    random.of([
      () => random.from(0, bytes.length - 1),
      () => random.from(0, 127),
      () => Math.max(0, bytes.length - random.from(1, 256)),
    ])(),
  );
  const length = random.once(2) ? random.from(1, 16) : random.from(1, bytes.length);
  const part = bytes.subarray(at, at + length);
  switch (random.from(0, 8)) {
    case 0:
    case 1:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.from(0, 7));
      return bytes;
    case 2:
      bytes[at] = random.from(0, 255);
      return bytes;
    case 3:
    case 4: {
      const word = Buffer.alloc(random.of([2, 4, 8]), random.once(2) ? 0 : 255);
      const value = random.of(WORDS);
      if (word.length === 2) word.writeInt16LE((value << 16) >> 16);
      else word.writeInt32LE(value);
      if (random.once(2)) word.reverse();
      word.copy(bytes, random.once(2) ? at : at - (at % word.length));
      return bytes;
    }
    case 5:
      return bytes.subarray(0, at);
    case 6:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 7:
      return Buffer.concat([bytes.subarray(0, at + length), part, bytes.subarray(at + length)]);
    default: {
      const from = random.from(0, other.length);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + length), bytes.subarray(at)]);
    }
  }
}

/**
 * The JSON of `value` with one to three changes of its meaning.
 *
 * @param {Random} random
 * @param {unknown} value
 * @returns {string}
 */
export function mutatedJson(random, value) {
  const holder = { root: structuredClone(value) };
  for (let changes = random.once(2) ? 1 : random.from(2, 3); changes > 0; changes--) changeJson(random, holder);
  const json = JSON.stringify(holder.root) ?? "";
  return json.replaceAll(/"\\u0001raw(\d+)(:deep)?"/g, (_, index, deep) =>
    deep === undefined ? (LITERALS[Number(index)] ?? "0") : nested(Number(index)),
  );
}

/** @param {number} kind */
function nested(kind) {
  return kind === 0 ? "[".repeat(DEEP) + "]".repeat(DEEP) : '{"a":'.repeat(DEEP) + "0" + "}".repeat(DEEP);
}

/**
 * @param {Random} random
 * @param {{ root: unknown }} holder
 */
function changeJson(random, holder) {
  const places = placesOf(holder);
  const { parent, key } = random.of(places);
  const value = parent[key];
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  switch (random.from(0, 8)) {
    case 0:
    case 1:
      parent[key] = MARK + random.from(0, LITERALS.length - 1);
      return;
    case 2:
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else if (parent !== holder) delete parent[key];
      return;
    case 3:
      if (Array.isArray(parent)) parent.splice(Number(key), 0, structuredClone(value));
      return;
    case 4:
      // An own property, as JSON.parse makes it.
      if (isObject) {
        const other = structuredClone(random.of(places).parent);
        Object.defineProperty(value, random.of(KEYS), {
          value: other,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      return;
    case 5: {
      const other = random.of(places);
      parent[key] = structuredClone(other.parent[other.key]);
      return;
    }
    case 6:
      if (typeof value === "number") parent[key] = value + random.of([1, -1, 0.5, 2 ** 32, 2 ** 53, -value]);
      if (typeof value === "string") parent[key] = value + random.of(["x", "\ud800", "\uffff", "/..", "\0"]);
      return;
    case 7:
      if (random.once(10)) parent[key] = `${MARK}${random.from(0, 1)}:deep`;
      return;
    default:
      if (Array.isArray(value)) value.length = random.once(2) ? 0 : Math.min(value.length, random.from(0, 3));
  }
}

/**
 * All values, each with its parent and key.
 *
 * @param {object} holder
 * @returns {{ parent: any, key: string }[]}
 */
function placesOf(holder) {
  const places = [];
  const open = [holder];
  for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
    for (const [key, value] of Object.entries(parent)) {
      places.push({ parent, key });
      if (typeof value === "object" && value !== null) open.push(value);
    }
  }
  return places;
}

/**
 * The bytes of a JSON text, in an encoding that another program might use.
 *
 * @param {Random} random
 * @param {string} json
 * @returns {Buffer}
 */
export function encodedJson(random, json) {
  switch (random.from(0, 19)) {
    case 0:
      return Buffer.from(`\uFEFF${json}`);
    case 1:
      return Buffer.from(`\uFEFF${json}`, "utf16le");
    case 2:
      return Buffer.from(json, "latin1");
    case 3:
      return Buffer.from(json.replaceAll("\n", "\r\n"));
    default:
      return Buffer.from(json);
  }
}
