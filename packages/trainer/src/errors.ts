// What can go wrong with a folder, a dataset or an argument, as one error class.

/**
 * - `INVALID_ARGUMENT`: an option outside its range.
 * - `FOLDER_NOT_FOUND`, `FOLDER_UNREADABLE`: the folder of photographs.
 * - `NO_CLASSES`, `ONE_CLASS`, `EMPTY_CLASS`: fewer class folders, or pictures in them, than a classifier needs.
 * - `LAYOUT_MIXED`: folders that fit neither `<class>/*` nor `{train,val,test}/<class>/*`.
 * - `LABELS_MISMATCH`: labels that were asked for and class folders that differ.
 * - `PICTURE_UNUSABLE`: a picture that would be skipped, where skipping is not allowed.
 * - `OUTPUT_UNWRITABLE`: the dataset file cannot be written; nothing of it is left behind.
 * - `DATASET_NOT_FOUND`, `NOT_A_DATASET`, `DATASET_VERSION`, `DATASET_DAMAGED`: a dataset file that cannot be read.
 */
export type TrainerErrorCode =
  | "INVALID_ARGUMENT"
  | "FOLDER_NOT_FOUND"
  | "FOLDER_UNREADABLE"
  | "NO_CLASSES"
  | "ONE_CLASS"
  | "EMPTY_CLASS"
  | "LAYOUT_MIXED"
  | "LABELS_MISMATCH"
  | "PICTURE_UNUSABLE"
  | "OUTPUT_UNWRITABLE"
  | "DATASET_NOT_FOUND"
  | "NOT_A_DATASET"
  | "DATASET_VERSION"
  | "DATASET_DAMAGED";

/** Thrown by everything in this package. */
export class TrainerError extends Error {
  override readonly name = "TrainerError";
  readonly code: TrainerErrorCode;
  /** What to do next, as a sentence. */
  readonly hint: string;

  constructor(code: TrainerErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/** The code of a failed system call, such as `ENOENT`; undefined for any other error. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
