// Recognises files by their first bytes: pictures that can be decoded, pictures of other formats, and other files.

/** Number of bytes needed to recognise a format: drawings may begin with a comment. */
export const HEAD_BYTES = 512;

/** Kind of a file. */
export type Recognised =
  | {
      /** A picture that can be decoded. */
      readonly kind: "decodable";
    }
  | {
      /** A picture of another format. */
      readonly kind: "other";
      /** The format and what to do, as the end of a sentence that starts with the path. */
      readonly message: string;
    }
  | {
      /** Not a picture. */
      readonly kind: "none";
    };

/** Signatures of the decoded formats: bytes, as a Latin-1 string, at an offset. */
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

const HEIC = "is a HEIC photograph: convert it to JPEG, or set the phone's camera to its most compatible format";

/** Signatures of other picture formats, with their messages. */
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
  [0, "version https://git-lfs", "is a Git LFS pointer to a file that was not downloaded: run git lfs pull"],
];

/** Netpbm: PBM, PGM and PPM, as text or bytes, and PAM. */
const NETPBM = /^P(?:[1-6]\s+(?:#|\d)|7\nWIDTH )/;

/**
 * The element `svg` after declarations, a document type and comments. None of these can contain its own end, so there is only
 * one way to match, and a file with many of them takes no time.
 */
const SVG =
  /^(?:\xef\xbb\xbf)?\s*(?:<\?(?:(?!\?>)[^])*\?>\s*|<!--(?:(?!-->)[^])*-->\s*|<!DOCTYPE svg\b[^>]*>\s*)*<(?:\w+:)?svg[\s/>]/;

/**
 * What a file is, by its first bytes.
 *
 * @param head the first {@link HEAD_BYTES} bytes of the file, or all of a shorter file
 */
export function recognise(head: Uint8Array): Recognised {
  // Latin-1: one character per byte.
  const text = String.fromCharCode(...head.subarray(0, HEAD_BYTES));
  // Some raw photographs begin like TIFF and continue differently.
  const other = OTHERS.find(([offset, signature]) => text.startsWith(signature, offset));
  if (other !== undefined) return { kind: "other", message: other[2] };
  if (DECODED.some(([offset, signature]) => text.startsWith(signature, offset))) return { kind: "decodable" };
  // The general brand of HEIF: the compatible brands tell which kind it is.
  if (text.startsWith("ftypmif1", 4) || text.startsWith("ftypmsf1", 4)) {
    return text.slice(16, head[3]).includes("avif") ? { kind: "decodable" } : { kind: "other", message: HEIC };
  }
  // A text may begin with "BM": in a BMP file the four bytes after the size are 0.
  if (text.startsWith("BM") && text.startsWith("\0\0\0\0", 6)) {
    return { kind: "other", message: `is a BMP picture: ${CONVERT}` };
  }
  if (NETPBM.test(text)) return { kind: "other", message: `is a Netpbm picture: ${CONVERT}` };
  if (SVG.test(text)) return { kind: "other", message: `is an SVG drawing: ${CONVERT}` };
  return { kind: "none" };
}
