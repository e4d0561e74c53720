// Files that look like photographs and are left out, and why.

/**
 * Why a file is left out.
 *
 * - `EMPTY_FILE`, `FILE_UNREADABLE`: nothing to decode, or no permission.
 * - `LINK_BROKEN`: a link to nothing, to itself, or to a folder that is read already.
 * - `OUTSIDE_CLASSES`: a picture that lies beside the class folders.
 * - `NAME_TWICE`: two names that are one in Unicode's composed form.
 * - `FORMAT_NOT_READ`: a picture of a format that is not read, such as HEIC; the message says what to do.
 * - `NOT_A_PICTURE`, `PICTURE_DAMAGED`, `PICTURE_TOO_LARGE`: what decoding found.
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

/** A file or folder that looked like a photograph and is left out. */
export interface Skip {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  /** Why, for programs. */
  readonly code: SkipReason;
  /** What was found, as the end of a sentence. */
  readonly message: string;
}
