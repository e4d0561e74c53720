// What a TIFF says its numbers mean, by the tags of its first picture: libvips reads more kinds of numbers than are gray or
// color of 8 or 16 bits, and shows those as black or white.
//
// Tags: TIFF 6.0 (Adobe, 1992), https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf; BigTIFF differs in widths.

/** What matters of a TIFF for how it is decoded. */
export interface TiffFacts {
  /** Why its numbers are no gray or color, as the end of a sentence that begins with its path; undefined if they are. */
  readonly unreadable: string | undefined;
  /** Whether it has one sample beside gray or color that is not opacity: near infrared, for example. */
  readonly hasOtherBand: boolean;
  /** Whether gray or color have 16 bits. */
  readonly has16Bits: boolean;
  /** Whether it holds gray levels without a range of their own: signed, floating-point, or of 32 bits. */
  readonly isUnranged: boolean;
  /** Whether it holds gray levels whose 0 is white. */
  readonly isWhiteZero: boolean;
}

const TAG = {
  subfileType: 254,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  samplesPerPixel: 277,
  extraSamples: 338,
  sampleFormat: 339,
  dngVersion: 50706,
} as const;

/** Samples of gray or color, by photometric interpretation: white is zero, black is zero, RGB, palette, separated, YCbCr. */
const COLOR_SAMPLES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [1, 1],
  [2, 3],
  [3, 1],
  [5, 4],
  [6, 3],
]);

const WHITE_IS_ZERO = 0;
const PALETTE = 3;
const YCBCR = 6;

/** Bits of the largest places in a palette that is read. */
const MOST_PALETTE_BITS = 8;

/** Compressions by JPEG, which libtiff turns into RGB. */
const JPEG: ReadonlySet<number> = new Set([6, 7]);

/** SampleFormat of unsigned numbers; 4 says nothing. */
const UNSIGNED: ReadonlySet<number> = new Set([1, 4]);

const SIGNED = 2;
const FLOATING_POINT = 3;

const FORMAT_NAMES: Readonly<Record<number, string>> = {
  [SIGNED]: "signed",
  [FLOATING_POINT]: "floating-point",
  5: "complex",
  6: "complex",
};

/** Values of a tag that are looked at: no picture has more samples a pixel than this. */
const MOST_VALUES = 64;

/** Bytes of a whole number of each type: unsigned ones, signed ones, and offsets; libtiff takes any for any tag. */
const TYPE_BYTES: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4, 13: 4, 16: 8, 17: 8, 18: 8 };

const REMEDY = "convert it to 8 or 16 bits a sample";

/** Undefined if `content` is no TIFF, or too damaged to have tags. */
export function tiffFacts(content: Buffer): TiffFacts | undefined {
  const tags = tagsOf(content);
  if (tags === undefined) return undefined;
  const all = (tag: number, otherwise: number): readonly number[] => tags.get(tag) ?? [otherwise];
  const one = (tag: number, otherwise: number): number => all(tag, otherwise)[0] ?? otherwise;
  const photometric = one(TAG.photometric, 1);
  const samples = one(TAG.samplesPerPixel, 1);
  const bits = Math.max(...all(TAG.bitsPerSample, 1));
  const formats = all(TAG.sampleFormat, 1);
  const colors = COLOR_SAMPLES.get(photometric);
  const [extra] = all(TAG.extraSamples, 0);
  const other = formats.find((format) => !UNSIGNED.has(format));
  const isUnranged = samples === 1 && colors === 1 && (bits === 32 || (bits === 8 && other === SIGNED));
  return {
    unreadable: ((): string | undefined => {
      if (tags.has(TAG.dngVersion) || (one(TAG.subfileType, 0) & 1) === 1) {
        return "is a raw photograph, of which only a preview could be read: convert it to JPEG or PNG";
      }
      if (!isUnranged && (other !== undefined || bits > 16 || (bits & (bits - 1)) !== 0)) {
        return `holds ${FORMAT_NAMES[other ?? 0] ?? "unsigned"} numbers of ${bits} bits: ${REMEDY}`;
      }
      if (photometric === PALETTE && bits > MOST_PALETTE_BITS)
        return `has a palette of ${bits} bits: convert it to RGB`;
      if (colors === undefined || (photometric === YCBCR && !JPEG.has(one(TAG.compression, 1)))) {
        return `has colors of a kind that is not read (photometric interpretation ${photometric}): convert it to RGB`;
      }
      if (samples < colors || samples > colors + 1) {
        return `has ${samples} samples a pixel: convert it to gray or RGB`;
      }
      return undefined;
    })(),
    hasOtherBand: samples === (colors ?? 0) + 1 && extra === 0,
    has16Bits: bits === 16 && !isUnranged,
    isUnranged,
    isWhiteZero: photometric === WHITE_IS_ZERO,
  };
}

/** The whole numbers of the first directory's tags. */
function tagsOf(content: Buffer): ReadonlyMap<number, readonly number[]> | undefined {
  const order = content.toString("latin1", 0, 2);
  if (order !== "II" && order !== "MM") return undefined;
  const isLittle = order === "II";
  const read = (offset: number, bytes: number): number => {
    if (offset < 0 || offset + bytes > content.length) throw new RangeError("beyond the file");
    if (bytes === 8) {
      return Number(isLittle ? content.readBigUInt64LE(offset) : content.readBigUInt64BE(offset));
    }
    return isLittle ? content.readUIntLE(offset, bytes) : content.readUIntBE(offset, bytes);
  };
  try {
    const isBig = read(2, 2) === 43;
    const word = isBig ? 8 : 4;
    const directory = read(isBig ? 8 : 4, word);
    const entries = read(directory, isBig ? 8 : 2);
    const tags = new Map<number, readonly number[]>();
    for (let index = 0; index < entries; index++) {
      const entry = directory + (isBig ? 8 : 2) + index * (4 + 2 * word);
      const bytes = TYPE_BYTES[read(entry + 2, 2)];
      if (bytes === undefined) continue;
      const count = Math.min(read(entry + 4, word), MOST_VALUES);
      const values = count * bytes <= word ? entry + 4 + word : read(entry + 4 + word, word);
      tags.set(
        read(entry, 2),
        Array.from({ length: count }, (_, place) => read(values + place * bytes, bytes)),
      );
    }
    return tags;
  } catch {
    return undefined;
  }
}
