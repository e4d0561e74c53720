// The pictures that a run was trained on: 8 bytes each, its `pictureHash`, by split, in one tensor file.
//
// Validation pictures count as learned, since they determine the best epoch. Pictures are recognized by content, whatever
// their name and location.

import { pictureHash, type PictureSet, type StoredPicture } from "../dataset/picture-set.ts";
import { SPLITS, type Split } from "../dataset/split.ts";
import { sha256 } from "../values/checksum.ts";
import { Damage } from "../values/errors.ts";
import { decodeSafetensors, encodeSafetensors } from "../values/safetensors.ts";

/** Number of 32-bit words stored per hash. */
const WORDS = 2;

/** Lists in the file: the hashes of each split, and of test pictures with their paths, to tell them from learned copies. */
const LISTS = [...SPLITS, "testPlaces"] as const;

type Hashes = Readonly<Record<(typeof LISTS)[number], ReadonlySet<bigint>>>;

/** The pictures of a run, each by its hash. */
export class LearnedPictures {
  readonly #hashes: Hashes;

  private constructor(hashes: Hashes) {
    this.#hashes = hashes;
  }

  /** The list for a run on these pictures. */
  static of({ train, val, test }: Readonly<Record<Split, PictureSet>>): LearnedPictures {
    const hashes = (set: PictureSet) => new Set(Array.from(set.all(), pictureHash));
    const testPlaces = new Set(Array.from(test.all(), placedHash));
    return new LearnedPictures({ train: hashes(train), val: hashes(val), test: hashes(test), testPlaces });
  }

  /** The list of a run about whose pictures nothing is known. */
  static none(): LearnedPictures {
    const hashes: ReadonlySet<bigint> = new Set();
    return new LearnedPictures({ train: hashes, val: hashes, test: hashes, testPlaces: hashes });
  }

  /** The list for a run that also knows what another one has learned, because it starts from its weights. */
  with(other: LearnedPictures): LearnedPictures {
    const [own, others] = [this.#hashes, other.#hashes];
    return new LearnedPictures({ ...own, train: new Set([...own.train, ...others.train, ...others.val]) });
  }

  /**
   * Whether the run has learned from this picture. The run's own test pictures do not count, as long as their paths are
   * unchanged, even if they look the same to the network as a training picture.
   */
  has(picture: StoredPicture): boolean {
    const hash = pictureHash(picture);
    const isKnown = this.#hashes.train.has(hash) || this.#hashes.val.has(hash);
    return isKnown && !this.#hashes.testPlaces.has(placedHash(picture));
  }

  /** Whether the run was tested on this picture. */
  hasTested(picture: StoredPicture): boolean {
    return this.#hashes.test.has(pictureHash(picture));
  }

  /** Encodes the list as a file, in parts. */
  encode(): readonly Uint8Array[] {
    const tensors = LISTS.map((name) => {
      const values = new Int32Array(BigInt64Array.from(this.#hashes[name]).buffer);
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
    const hashes = (list: (typeof LISTS)[number]): ReadonlySet<bigint> => {
      const values = tensors.find(({ name }) => name === list)?.values;
      if (!(values instanceof Int32Array)) throw new Damage(`it has no list ${list}`);
      return new Set(new BigInt64Array(values.buffer, values.byteOffset, values.length / WORDS));
    };
    return new LearnedPictures({
      train: hashes("train"),
      val: hashes("val"),
      test: hashes("test"),
      testPlaces: hashes("testPlaces"),
    });
  }
}

/** The first 8 bytes of the SHA-256 of a picture and its path in its folder. */
function placedHash(picture: StoredPicture): bigint {
  return sha256([`${pictureHash(picture)} ${picture.path}`]).getBigInt64(0, true);
}
