// What can go wrong with a folder, a file or an argument, as one error class.

/**
 * What is wrong:
 *
 * - `INVALID_ARGUMENT`: an option outside its range.
 * - `FOLDER_NOT_FOUND`, `FOLDER_UNREADABLE`: the folder of photographs.
 * - `NO_CLASSES`, `ONE_CLASS`, `EMPTY_CLASS`: fewer class folders, or pictures in them, than a classifier needs.
 * - `LAYOUT_MIXED`: folders that fit neither `<class>/*` nor `{train,val,test}/<class>/*`.
 * - `LABELS_MISMATCH`: labels that were asked for and class folders that differ.
 * - `PICTURE_UNUSABLE`: a picture that would be skipped, where skipping is not allowed.
 * - `MACHINE_EXHAUSTED`: the system is out of memory or open files, or a disk cannot be read.
 * - `OUTPUT_UNWRITABLE`: a file or folder cannot be written; nothing of that file is left behind.
 * - `OUTPUT_IN_USE`, `RUN_IN_USE`: another process is writing that file, or is training in that run folder.
 * - `DATASET_NOT_FOUND`, `NOT_A_DATASET`, `DATASET_VERSION`, `DATASET_DAMAGED`: a dataset file that cannot be read.
 * - `CHECKPOINT_NOT_FOUND`, `CHECKPOINT_VERSION`, `CHECKPOINT_DAMAGED`: a checkpoint that cannot be read.
 * - `MODEL_NOT_FOUND`, `MODEL_VERSION`, `MODEL_DAMAGED`: a model that cannot be read.
 * - `MODEL_PREPROCESSING`: a model for pictures that this version cannot make.
 * - `RUN_EXISTS`: a folder for a new run that is not empty.
 * - `RUN_NOT_FOUND`, `RUN_VERSION`, `RUN_DAMAGED`: a run folder that cannot be read.
 * - `PICTURE_NOT_FOUND`: a picture that was named and is not there.
 * - `NO_PICTURES`: no picture that could be answered for.
 * - `BACKEND_UNAVAILABLE`: a backend, or a preprocessor, that this machine cannot run.
 * - `BATCH_TOO_LARGE`: a batch that does not fit the memory.
 * - `ONE_CLASS_IN_TRAINING`, `CLASS_UNTESTED`: a training split with fewer than two classes, no test pictures of any class.
 * - `CANNOT_LEARN`: a training that would end as it begins, whatever its pictures show.
 * - `PICTURES_LEARNED`: no picture to judge that the run has not learned from.
 * - `LOSS_NOT_FINITE`: a training that has diverged.
 * - `DATASET_MISMATCH`: a dataset that is not for this model, or not the one that a run began with.
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
  | "MACHINE_EXHAUSTED"
  | "OUTPUT_UNWRITABLE"
  | "OUTPUT_IN_USE"
  | "DATASET_NOT_FOUND"
  | "NOT_A_DATASET"
  | "DATASET_VERSION"
  | "DATASET_DAMAGED"
  | "CHECKPOINT_NOT_FOUND"
  | "CHECKPOINT_VERSION"
  | "CHECKPOINT_DAMAGED"
  | "MODEL_NOT_FOUND"
  | "MODEL_VERSION"
  | "MODEL_DAMAGED"
  | "MODEL_PREPROCESSING"
  | "RUN_EXISTS"
  | "RUN_IN_USE"
  | "RUN_NOT_FOUND"
  | "RUN_VERSION"
  | "RUN_DAMAGED"
  | "PICTURE_NOT_FOUND"
  | "NO_PICTURES"
  | "BACKEND_UNAVAILABLE"
  | "BATCH_TOO_LARGE"
  | "ONE_CLASS_IN_TRAINING"
  | "CLASS_UNTESTED"
  | "CANNOT_LEARN"
  | "PICTURES_LEARNED"
  | "LOSS_NOT_FINITE"
  | "DATASET_MISMATCH";

/** Thrown by everything that this package offers. */
export class TrainerError extends Error {
  /** The name of the class. */
  override readonly name = "TrainerError";
  /** What is wrong, for programs; the message tells it to people. */
  readonly code: TrainerErrorCode;
  /** What to do next, as a sentence. */
  readonly hint: string;

  /**
   * An error of the kind `code`.
   *
   * @param code what is wrong
   * @param message what was expected, what came, and where
   * @param hint what to do next, as a sentence
   * @param options the error that led to this one, as its `cause`
   */
  constructor(code: TrainerErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/**
 * What is wrong with the content of a file, told by code that does not know which file it is: the message goes on after
 * "but". Stays inside this package: whoever knows the path makes a {@link TrainerError} of it.
 */
export class Damage extends Error {
  override readonly name = "Damage";
}

/** The code of a failed system call, such as `ENOENT`; undefined for any other error. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
