// The pictures that a run was trained on: 8 bytes each, the `hash` of a `KnownPicture`, by split, in one tensor file.
//
// Validation pictures count as learned, since they determine the best epoch. Pictures are recognized by content, whatever
// their name and location.

import type { KnownPicture } from "../dataset/picture-index.ts";
import type { PictureSet } from "../dataset/picture-set.ts";
import { SPLITS, type Split } from "../dataset/split.ts";
import { Damage } from "../values/errors.ts";
import { decodeSafetensors, encodeSafetensors } from "../values/safetensors.ts";

/** Number of 32-bit words stored per hash. */
const WORDS = 2;

/** Lists in the file: the hashes of each split, and of test pictures with their paths, to tell them from learned copies. */
const LISTS = [...SPLITS, "testPlaces"] as const;

type Hashes = Readonly<Record<(typeof LISTS)[number], HashList>>;

/** Different hashes, in the order in which they came: 16 bytes each. */
class HashList {
  /** In order. */
  readonly values: BigInt64Array;
  readonly #sorted: BigInt64Array;

  /** @param hashes of which repeated ones count once */
  constructor(hashes: BigInt64Array) {
    const sorted = hashes.toSorted();
    this.#sorted = sorted.filter((hash, index) => index === 0 || hash !== sorted[index - 1]);
    this.values = this.#sorted.length === hashes.length ? hashes : this.#firstOnes(hashes);
  }

  has(hash: bigint): boolean {
    return this.#sorted[this.#placeOf(hash)] === hash;
  }

  #firstOnes(hashes: BigInt64Array): BigInt64Array {
    const isListed = new Uint8Array(this.#sorted.length);
    return hashes.filter((hash) => {
      const place = this.#placeOf(hash);
      const isNew = isListed[place] === 0;
      isListed[place] = 1;
      return isNew;
    });
  }

  /** Place of the first sorted hash that is not smaller. */
  #placeOf(hash: bigint): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] ?? 0n) < hash) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The pictures of a run, each by its hash. */
export class LearnedPictures {
  readonly #hashes: Hashes;

  private constructor(hashes: Hashes) {
    this.#hashes = hashes;
  }

  /** The list for a run on these pictures. */
  static of({ train, val, test }: Readonly<Record<Split, PictureSet>>): LearnedPictures {
    const list = (set: PictureSet, name: "hash" | "placedHash" = "hash"): HashList => {
      const hashes = new BigInt64Array(set.size);
      let next = 0;
      for (const picture of set.known()) hashes[next++] = picture[name];
      return new HashList(hashes);
    };
    return new LearnedPictures({
      train: list(train),
      val: list(val),
      test: list(test),
      testPlaces: list(test, "placedHash"),
    });
  }

  /** The list of a run about whose pictures nothing is known. */
  static none(): LearnedPictures {
    const hashes = new HashList(new BigInt64Array());
    return new LearnedPictures({ train: hashes, val: hashes, test: hashes, testPlaces: hashes });
  }

  /** The list for a run that also knows what another one has learned, because it starts from its weights. */
  with(other: LearnedPictures): LearnedPictures {
    const [own, others] = [this.#hashes, other.#hashes];
    const lists = [own.train, others.train, others.val];
    const all = new BigInt64Array(lists.reduce((sum, { values }) => sum + values.length, 0));
    let next = 0;
    for (const { values } of lists) {
      all.set(values, next);
      next += values.length;
    }
    return new LearnedPictures({ ...own, train: new HashList(all) });
  }

  /**
   * Whether the run has learned from this picture. The run's own test pictures do not count, as long as their paths are
   * unchanged, even if they look the same to the network as a training picture.
   */
  has({ hash, placedHash }: KnownPicture): boolean {
    const isKnown = this.#hashes.train.has(hash) || this.#hashes.val.has(hash);
    return isKnown && !this.#hashes.testPlaces.has(placedHash);
  }

  /** Whether the run was tested on this picture. */
  hasTested({ hash }: KnownPicture): boolean {
    return this.#hashes.test.has(hash);
  }

  /** Encodes the list as a file, in parts. */
  encode(): readonly Uint8Array[] {
    const tensors = LISTS.map((name) => {
      const { buffer, byteOffset, length } = this.#hashes[name].values;
      const values = new Int32Array(buffer, byteOffset, length * WORDS);
      return { name, shape: [values.length / WORDS, WORDS], values };
    });
    return encodeSafetensors({ tensors, metadata: new Map() });
  }

  /**
   * Decodes a file of {@link LearnedPictures.encode}.
   *
   * @throws {Damage}
   */
  static decode(bytes: Uint8Array): LearnedPictures {
    const { tensors } = decodeSafetensors(bytes);
    const hashes = (list: (typeof LISTS)[number]): HashList => {
      const values = tensors.find(({ name }) => name === list)?.values;
      if (!(values instanceof Int32Array)) throw new Damage(`it has no list ${list}`);
      return new HashList(new BigInt64Array(values.buffer, values.byteOffset, values.length / WORDS));
    };
    return new LearnedPictures({
      train: hashes("train"),
      val: hashes("val"),
      test: hashes("test"),
      testPlaces: hashes("testPlaces"),
    });
  }
}
