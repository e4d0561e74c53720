// What is kept in memory of every picture, whether its pixels are or not: class, split and checksums, 33 bytes in all.
//
//   row by row ─▶ index ─▶ counts, fingerprints, learned pictures
//                       └▶ checks of pixels and paths that are read again

import { crc32, crc32Joined, crc32Shift, hexadecimal, littleEndian, sha256, type Content } from "../values/checksum.ts";
import { SPLITS, type Split } from "./split.ts";

/** A picture as its dataset stores it. */
export interface StoredPicture {
  /** Path, as in the dataset. */
  readonly path: string;
  /** Index of its class in the labels. */
  readonly label: number;
  /** Its split. */
  readonly split: Split;
  /** Size of the upright photograph in pixels, and the threshold between its dark and light pixels, 0 to 255. */
  readonly origin: readonly [width: number, height: number, threshold: number];
  /** `pictureBytes` bytes. */
  readonly pixels: Uint8Array;
}

/** What is known of a picture without its pixels and its path. */
export interface KnownPicture {
  /** Index of its class in the labels. */
  readonly label: number;
  /** Its split. */
  readonly split: Split;
  /**
   * Identifies it by its content, wherever the photograph is and whatever it is called: the first 8 bytes, little-endian, of the SHA-256
   * of its origin as little-endian 32-bit words, and its pixels.
   */
  readonly hash: bigint;
  /** Identifies it by its content and its path: the first 8 bytes of the SHA-256 of `hash` and the path. */
  readonly placedHash: bigint;
}

const utf8 = new TextEncoder();

/** Pictures in the order in which they were added, each known by its place in this order. */
export class PictureIndex {
  readonly #labels: Int32Array;
  readonly #splits: Uint8Array;
  readonly #hashes: BigInt64Array;
  readonly #placedHashes: BigInt64Array;
  /** CRC-32s of {@link captionOf}, the lengths of these, and CRC-32s of pixels. */
  readonly #captions: Uint32Array;
  readonly #captionBytes: Int32Array;
  readonly #pixels: Uint32Array;
  #pixelBytes = 0;
  #size = 0;

  /** @param capacity maximum number of pictures */
  constructor(capacity: number) {
    this.#labels = new Int32Array(capacity);
    this.#splits = new Uint8Array(capacity);
    this.#hashes = new BigInt64Array(capacity);
    this.#placedHashes = new BigInt64Array(capacity);
    this.#captions = new Uint32Array(capacity);
    this.#captionBytes = new Int32Array(capacity);
    this.#pixels = new Uint32Array(capacity);
  }

  /** The index of pictures in memory. */
  static of(pictures: readonly StoredPicture[]): PictureIndex {
    const index = new PictureIndex(pictures.length);
    for (const picture of pictures) index.add(picture);
    return index;
  }

  /** Number of pictures. */
  get size(): number {
    return this.#size;
  }

  /** Adds a picture; all have equally many pixels. */
  add({ path, label, split, origin, pixels }: StoredPicture): void {
    const place = this.#size++;
    const caption = utf8.encode(captionOf(path, label));
    const hash = hashOf([littleEndian(origin), pixels]);
    this.#labels[place] = label;
    this.#splits[place] = SPLITS.indexOf(split);
    this.#hashes[place] = hash;
    this.#placedHashes[place] = hashOf([`${hash} ${path}`]);
    this.#captions[place] = crc32([caption]);
    this.#captionBytes[place] = caption.length;
    this.#pixels[place] = crc32([pixels]);
    this.#pixelBytes = pixels.length;
  }

  /** What is known of the picture at `place`. */
  at(place: number): KnownPicture {
    return {
      label: this.labelAt(place),
      split: SPLITS[this.#splits[place] ?? 0] ?? "train",
      hash: this.#hashes[place] ?? 0n,
      placedHash: this.#placedHashes[place] ?? 0n,
    };
  }

  /** Index of its class in the labels. */
  labelAt(place: number): number {
    return this.#labels[place] ?? 0;
  }

  /** CRC-32 of its pixels. */
  pixelsChecksumAt(place: number): number {
    return this.#pixels[place] ?? 0;
  }

  /** Whether these are the pixels that were added. */
  hasPixels(place: number, pixels: Uint8Array): boolean {
    return crc32([pixels]) === this.#pixels[place];
  }

  /** Whether this is the path that was added. */
  hasPath(place: number, path: string): boolean {
    return crc32([captionOf(path, this.labelAt(place))]) === this.#captions[place];
  }

  /** The places of all pictures. */
  places(): Int32Array {
    return Int32Array.from({ length: this.#size }, (_, place) => place);
  }

  /** CRC-32 (zlib) of paths, labels and pixels of the pictures at `places`, in this order: 8 hexadecimal digits. */
  fingerprintOf(places: Iterable<number>): string {
    const pixelShift = crc32Shift(this.#pixelBytes);
    const captionShifts = new Map<number, number>();
    let sum = 0;
    for (const place of places) {
      const length = this.#captionBytes[place] ?? 0;
      const captionShift = captionShifts.get(length) ?? crc32Shift(length);
      captionShifts.set(length, captionShift);
      sum = crc32Joined(sum, this.#captions[place] ?? 0, captionShift);
      sum = crc32Joined(sum, this.#pixels[place] ?? 0, pixelShift);
    }
    return hexadecimal(sum);
  }
}

/** What a fingerprint has of a picture besides its pixels. */
function captionOf(path: string, label: number): string {
  return `${path}\0${label}\0`;
}

function hashOf(parts: Iterable<Content>): bigint {
  return sha256(parts).getBigInt64(0, true);
}
