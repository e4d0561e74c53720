// Files that look like photographs and are skipped, and why.

/**
 * Why a file is skipped.
 *
 * - `EMPTY_FILE`, `FILE_UNREADABLE`: the file is empty, or cannot be read.
 * - `LINK_BROKEN`: a link to nothing, to itself, or to a folder that has been read already.
 * - `OUTSIDE_CLASSES`: a picture outside the class folders.
 * - `NAME_TWICE`: two names that are equal in Unicode's composed form.
 * - `FORMAT_NOT_READ`: a picture of an unsupported format, such as HEIC; the message says what to do.
 * - `NOT_A_PICTURE`, `PICTURE_DAMAGED`, `PICTURE_TOO_LARGE`: decoding failed.
 */
export type SkipReason =
  | "EMPTY_FILE"
  | "FILE_UNREADABLE"
  | "LINK_BROKEN"
  | "OUTSIDE_CLASSES"
  | "NAME_TWICE"
  | "FORMAT_NOT_READ"
  | "NOT_A_PICTURE"
  | "PICTURE_DAMAGED"
  | "PICTURE_TOO_LARGE";

/** A file or folder that looks like a photograph and is skipped. */
export interface Skip {
  /** Path relative to the folder, with `/`. */
  readonly path: string;
  /** The reason, for programs. */
  readonly code: SkipReason;
  /** The reason, as the end of a sentence. */
  readonly message: string;
}
