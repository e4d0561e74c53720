// What a file is by its first bytes: a picture that is decoded, a picture of another format, or no picture.

/** First bytes of a file that are enough to know its format: drawings may begin with a comment. */
export const HEAD_BYTES = 512;

/** What a file is. */
export type Recognised =
  | {
      /** One of the formats that are decoded. */
      readonly kind: "decodable";
    }
  | {
      /** A picture of a format that is not decoded. */
      readonly kind: "other";
      /** What it is and what to do with it, as the end of a sentence that begins with its path. */
      readonly message: string;
    }
  | {
      /** No picture. */
      readonly kind: "none";
    };

/** How the decoded formats begin: bytes, as Latin-1 text, from an offset on. */
const DECODED: readonly (readonly [offset: number, text: string])[] = [
  [0, "\xff\xd8\xff"], // JPEG
  [0, "\x89PNG"],
  [8, "WEBP"],
  [0, "GIF8"],
  [0, "II*\0"], // TIFF, little-endian
  [0, "MM\0*"], // TIFF, big-endian
  [0, "II+\0"], // BigTIFF
  [0, "MM\0+"],
  [4, "ftypavif"],
  [4, "ftypavis"], // AVIF, a sequence
];

const CONVERT = "convert it to JPEG or PNG";

const HEIC = "is a HEIC photograph: convert it to JPEG, or set the telephone's camera to its most compatible format";

/** How other picture formats begin, and what is said of them. */
const OTHERS: readonly (readonly [offset: number, text: string, message: string])[] = [
  ...["heic", "heix", "heim", "heis", "hevc", "hevx"].map((brand) => [4, `ftyp${brand}`, HEIC] as const),
  [4, "ftypcrx ", `is a Canon raw photograph: ${CONVERT}`],
  [4, "JXL \r\n\x87\n", `is a JPEG XL picture: ${CONVERT}`],
  [0, "\xff\x0a", `is a JPEG XL picture: ${CONVERT}`],
  [4, "jP  \r\n\x87\n", `is a JPEG 2000 picture: ${CONVERT}`],
  [0, "8BPS", `is a Photoshop file: ${CONVERT}`],
  [0, "gimp xcf", `is a GIMP file: ${CONVERT}`],
  [0, "\xff\x4f\xff\x51", `is a JPEG 2000 picture: ${CONVERT}`],
  [0, "II\xbc\x01", `is a JPEG XR picture: ${CONVERT}`],
  [0, "II*\0\x10\0\0\0CR", `is a Canon raw photograph: ${CONVERT}`],
  [0, "FUJIFILMCCD-RAW", `is a Fujifilm raw photograph: ${CONVERT}`],
  ...["IIRO", "IIRS", "MMOR"].map((start) => [0, start, `is an Olympus raw photograph: ${CONVERT}`] as const),
  [0, "IIU\0", `is a Panasonic raw photograph: ${CONVERT}`],
  [0, "FOVb", `is a Sigma raw photograph: ${CONVERT}`],
  [0, "\0MRM", `is a Minolta raw photograph: ${CONVERT}`],
  [0, "v/1\x01", `is an OpenEXR picture: ${CONVERT}`],
  [0, "#?RADIANCE", `is a Radiance picture: ${CONVERT}`],
  [0, "qoif", `is a QOI picture: ${CONVERT}`],
  [0, "DDS ", `is a DirectDraw texture: ${CONVERT}`],
  [0, "SIMPLE  =", `is a FITS picture: ${CONVERT}`],
  [128, "DICM", `is a DICOM picture: ${CONVERT}`],
  [0, "%PDF-", "is a PDF document: export its pictures as JPEG or PNG"],
  [0, "%!PS", `is a PostScript drawing: ${CONVERT}`],
  [0, "version https://git-lfs", "is a Git LFS pointer to a file that is not here: run git lfs pull"],
];

/** Netpbm: PBM, PGM and PPM, as text or bytes, and PAM. */
const NETPBM = /^P(?:[1-6]\s+(?:#|\d)|7\nWIDTH )/;

/**
 * The element `svg`, behind a declaration, a document type and comments. None of these can hold its own end, so that there is
 * one way to match: a file of many of them takes no time.
 */
const SVG =
  /^(?:\xef\xbb\xbf)?\s*(?:<\?(?:(?!\?>)[^])*\?>\s*|<!--(?:(?!-->)[^])*-->\s*|<!DOCTYPE svg\b[^>]*>\s*)*<(?:\w+:)?svg[\s/>]/;

/** @param head the first {@link HEAD_BYTES} bytes of a file, or all if it has fewer */
export function recognise(head: Uint8Array): Recognised {
  // Latin-1: a character for each byte.
  const text = String.fromCharCode(...head.subarray(0, HEAD_BYTES));
  // Some raw photographs begin as TIFF does, and go on differently.
  const other = OTHERS.find(([offset, signature]) => text.startsWith(signature, offset));
  if (other !== undefined) return { kind: "other", message: other[2] };
  if (DECODED.some(([offset, signature]) => text.startsWith(signature, offset))) return { kind: "decodable" };
  // The general brand of HEIF: the compatible brands say which kind.
  if (text.startsWith("ftypmif1", 4) || text.startsWith("ftypmsf1", 4)) {
    return text.slice(16, head[3]).includes("avif") ? { kind: "decodable" } : { kind: "other", message: HEIC };
  }
  // "BM" alone may begin a text: the four bytes behind the size are 0.
  if (text.startsWith("BM") && text.startsWith("\0\0\0\0", 6)) {
    return { kind: "other", message: `is a BMP picture: ${CONVERT}` };
  }
  if (NETPBM.test(text)) return { kind: "other", message: `is a Netpbm picture: ${CONVERT}` };
  if (SVG.test(text)) return { kind: "other", message: `is an SVG drawing: ${CONVERT}` };
  return { kind: "none" };
}
