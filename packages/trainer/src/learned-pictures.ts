// Which pictures a run has learned from: 8 bytes for each, its `pictureHash`, by split, in one tensor file.
//
// Validation pictures count as learned from: the best epoch is chosen by them. A picture is known whatever it is called and
// wherever it lies.

import { Damage, systemErrorCode, TrainerError } from "./errors.ts";
import { pictureHash, type PackedPicture, type PictureSet } from "./picture-set.ts";
import { SPLITS, type Split } from "./split.ts";
import { readTensorFile, writeTensorFile } from "./tensor-file.ts";

/** 32-bit words that are kept of a picture's hash. */
const WORDS = 2;

/** The pictures of a run, each by its hash. */
export class LearnedPictures {
  readonly #hashes: Readonly<Record<Split, ReadonlySet<bigint>>>;

  private constructor(hashes: Readonly<Record<Split, ReadonlySet<bigint>>>) {
    this.#hashes = hashes;
  }

  /** Of a run on these pictures. */
  static of(pictures: Readonly<Record<Split, PictureSet>>): LearnedPictures {
    const hashes = (split: Split) => new Set(Array.from(pictures[split].all(), pictureHash));
    return new LearnedPictures({ train: hashes("train"), val: hashes("val"), test: hashes("test") });
  }

  /** Whether the run has learned from this picture. */
  has(picture: PackedPicture): boolean {
    const hash = pictureHash(picture);
    return this.#hashes.train.has(hash) || this.#hashes.val.has(hash);
  }

  /** Whether the run was tested on this picture. */
  hasTested(picture: PackedPicture): boolean {
    return this.#hashes.test.has(pictureHash(picture));
  }

  /** @throws {TrainerError} `OUTPUT_UNWRITABLE` */
  async write(path: string): Promise<void> {
    const tensors = SPLITS.map((name) => {
      const values = new Int32Array(BigInt64Array.from(this.#hashes[name]).buffer);
      return { name, shape: [values.length / WORDS, WORDS], values };
    });
    await writeTensorFile(path, "the list of learned pictures", { tensors, metadata: new Map() });
  }

  /**
   * Reads what {@link LearnedPictures.write} wrote; undefined if there is nothing.
   *
   * @throws {TrainerError} `RUN_DAMAGED`
   */
  static async read(path: string): Promise<LearnedPictures | undefined> {
    try {
      const { tensors } = await readTensorFile(path);
      const hashes = (split: Split): ReadonlySet<bigint> => {
        const values = tensors.find(({ name }) => name === split)?.values;
        if (!(values instanceof Int32Array)) throw new Damage(`it has no list of the pictures for ${split}`);
        return new Set(new BigInt64Array(values.buffer, values.byteOffset, values.length / WORDS));
      };
      return new LearnedPictures({ train: hashes("train"), val: hashes("val"), test: hashes("test") });
    } catch (cause) {
      const code = systemErrorCode(cause);
      if (code === "ENOENT") return undefined;
      if (!(cause instanceof Damage) && code === undefined) throw cause;
      throw new TrainerError(
        "RUN_DAMAGED",
        `Expected ${path} as silhouette wrote it, but ${code === undefined ? (cause as Damage).message : `it cannot be opened (${code})`}`,
        "Copy the run again from where it is intact, or train anew into another folder.",
        { cause },
      );
    }
  }
}
