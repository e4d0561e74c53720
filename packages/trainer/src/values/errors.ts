// The one error class of this package, and its codes.

/**
 * What went wrong:
 *
 * - `INVALID_ARGUMENT`: an argument or option is not valid.
 * - `FOLDER_NOT_FOUND`, `FOLDER_UNREADABLE`: the folder of photographs does not exist or cannot be read.
 * - `NO_CLASSES`, `ONE_CLASS`, `EMPTY_CLASS`: too few class folders, or too few pictures in them, for a classifier.
 * - `LAYOUT_MIXED`: the folders match neither `<class>/*` nor `{train,val,test}/<class>/*`.
 * - `LABELS_MISMATCH`: the requested labels differ from the class folders.
 * - `PICTURE_UNUSABLE`: a picture would be skipped, but skipping is not allowed.
 * - `MACHINE_EXHAUSTED`: the system is out of memory or open files, or a disk cannot be read.
 * - `OUTPUT_UNWRITABLE`: a file or folder cannot be written; no partial file is left behind.
 * - `OUTPUT_EXISTS`: the folder for a dataset contains something else, or the preparation of another one.
 * - `OUTPUT_IN_USE`, `RUN_IN_USE`: another process is writing that file or training in that run folder.
 * - `DATASET_NOT_FOUND`, `NOT_A_DATASET`, `DATASET_VERSION`, `DATASET_DAMAGED`: a dataset file cannot be read.
 * - `DATASET_INCOMPLETE`: the preparation of a dataset was stopped, and can be continued.
 * - `CHECKPOINT_NOT_FOUND`, `CHECKPOINT_VERSION`, `CHECKPOINT_DAMAGED`: a checkpoint cannot be read.
 * - `MODEL_NOT_FOUND`, `MODEL_VERSION`, `MODEL_DAMAGED`: a model cannot be read.
 * - `MODEL_PREPROCESSING`: a model expects preprocessing that this version does not implement.
 * - `EXPORT_UNSUPPORTED`: a format cannot express a layer of the network.
 * - `IMPORT_UNSUPPORTED`: a model of another program has layers or shapes that cannot be used here.
 * - `RUN_EXISTS`: the folder for a new run is not empty.
 * - `RUN_NOT_FOUND`, `RUN_VERSION`, `RUN_DAMAGED`: a run folder cannot be read.
 * - `LEAVE_OUT_NOT_FOUND`, `LEAVE_OUT_UNREADABLE`, `LEAVE_OUT_MISMATCH`: a list of files to leave out does not exist, cannot be read, or
 *   names no file of the source.
 * - `PREDICTIONS_NOT_FOUND`, `PREDICTIONS_DAMAGED`, `PREDICTIONS_MISMATCH`: a run has no predictions, others than silhouette wrote, or none
 *   for the source.
 * - `PICTURE_NOT_FOUND`: a requested picture does not exist.
 * - `NO_PICTURES`: there are no pictures to classify.
 * - `BACKEND_UNAVAILABLE`: this machine cannot run a backend or the preprocessor.
 * - `BATCH_TOO_LARGE`: a batch does not fit into memory.
 * - `ONE_CLASS_IN_TRAINING`, `CLASS_UNTESTED`: fewer than two classes have training pictures, or no class has test pictures.
 * - `CANNOT_LEARN`: the network cannot learn anything, whatever the pictures.
 * - `PICTURES_LEARNED`: the run was trained on all of the pictures to evaluate.
 * - `LOSS_NOT_FINITE`: the training has diverged.
 * - `DATASET_MISMATCH`: a dataset does not fit this model, is not the one that the run started with, or has files that were prepared
 *   differently.
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
  | "OUTPUT_EXISTS"
  | "OUTPUT_IN_USE"
  | "DATASET_NOT_FOUND"
  | "NOT_A_DATASET"
  | "DATASET_VERSION"
  | "DATASET_DAMAGED"
  | "DATASET_INCOMPLETE"
  | "CHECKPOINT_NOT_FOUND"
  | "CHECKPOINT_VERSION"
  | "CHECKPOINT_DAMAGED"
  | "MODEL_NOT_FOUND"
  | "MODEL_VERSION"
  | "MODEL_DAMAGED"
  | "MODEL_PREPROCESSING"
  | "EXPORT_UNSUPPORTED"
  | "IMPORT_UNSUPPORTED"
  | "RUN_EXISTS"
  | "RUN_IN_USE"
  | "RUN_NOT_FOUND"
  | "RUN_VERSION"
  | "RUN_DAMAGED"
  | "LEAVE_OUT_NOT_FOUND"
  | "LEAVE_OUT_UNREADABLE"
  | "LEAVE_OUT_MISMATCH"
  | "PREDICTIONS_NOT_FOUND"
  | "PREDICTIONS_DAMAGED"
  | "PREDICTIONS_MISMATCH"
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

/** Thrown by every function of this package. */
export class TrainerError extends Error {
  /** The name of the class. */
  override readonly name = "TrainerError";
  /** What went wrong, for programs. The message is for people. */
  readonly code: TrainerErrorCode;
  /** What to do next, as a sentence. */
  readonly hint: string;

  /**
   * Creates an error.
   *
   * @param code what went wrong
   * @param message what was expected, what was received, and where
   * @param hint what to do next, as a sentence
   * @param options the error that caused this one, as `cause`
   */
  constructor(code: TrainerErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/**
 * Invalid content of a file, thrown by code that does not know the file's path: the message completes a sentence after "but".
 * Internal to this package: callers that know the path turn it into a {@link TrainerError}.
 */
export class Damage extends Error {
  override readonly name = "Damage";
}

/** The code of a failed system call, such as `ENOENT`; undefined for any other error. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
