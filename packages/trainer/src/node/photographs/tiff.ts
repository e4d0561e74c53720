// The sample format of a TIFF, from the tags of its first picture: libvips also reads samples other than gray or color of 8 or
// 16 bits, and shows those as black or white.
//
// Tags: TIFF 6.0 (Adobe, 1992), https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf; BigTIFF differs in widths.

/** The properties of a TIFF that determine how it is decoded. */
export interface TiffFacts {
  /** Why its samples are not gray or color, phrased to follow its path; undefined if they are. */
  readonly unreadable: string | undefined;
  /** Whether it has one sample besides gray or color that is not opacity: near infrared, for example. */
  readonly hasOtherBand: boolean;
  /** Whether gray or color have 16 bits. */
  readonly has16Bits: boolean;
  /** Whether it contains gray levels without a defined range: signed, floating-point, or of 32 bits. */
  readonly isUnranged: boolean;
  /** Whether its gray level 0 is white. */
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

/** Maximum bits per palette index. */
const MOST_PALETTE_BITS = 8;

/** JPEG compressions, which libtiff converts to RGB. */
const JPEG: ReadonlySet<number> = new Set([6, 7]);

/** SampleFormat values of unsigned integers; 4 means undefined. */
const UNSIGNED: ReadonlySet<number> = new Set([1, 4]);

const SIGNED = 2;
const FLOATING_POINT = 3;

const FORMAT_NAMES: Readonly<Record<number, string>> = {
  [SIGNED]: "signed",
  [FLOATING_POINT]: "floating-point",
  5: "complex",
  6: "complex",
};

/** Maximum number of values to read per tag: no picture has more samples per pixel. */
const MOST_VALUES = 64;

/** Bytes per value of the integer types: unsigned, signed, and offsets; libtiff accepts any of them for any tag. */
const TYPE_BYTES: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4, 13: 4, 16: 8, 17: 8, 18: 8 };

const REMEDY = "convert it to 8 or 16 bits per sample";

/** Undefined if `content` is not a TIFF, or its tags are damaged. */
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
        return "is a raw photograph, of which only a preview could be decoded: convert it to JPEG or PNG";
      }
      if (!isUnranged && (other !== undefined || bits > 16 || (bits & (bits - 1)) !== 0)) {
        return `contains ${bits}-bit ${FORMAT_NAMES[other ?? 0] ?? "unsigned"} samples: ${REMEDY}`;
      }
      if (photometric === PALETTE && bits > MOST_PALETTE_BITS) return `has a ${bits}-bit palette: convert it to RGB`;
      if (colors === undefined || (photometric === YCBCR && !JPEG.has(one(TAG.compression, 1)))) {
        return `has an unsupported color space (photometric interpretation ${photometric}): convert it to RGB`;
      }
      if (samples < colors || samples > colors + 1) {
        return `has ${samples} samples per pixel: convert it to gray or RGB`;
      }
      return undefined;
    })(),
    hasOtherBand: samples === (colors ?? 0) + 1 && extra === 0,
    has16Bits: bits === 16 && !isUnranged,
    isUnranged,
    isWhiteZero: photometric === WHITE_IS_ZERO,
  };
}

/** The integer values of the tags in the first directory. */
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
