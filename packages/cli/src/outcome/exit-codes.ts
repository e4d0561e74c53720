// Exit codes of the process. Documented in the README and in `silhouette --help`.

import type { TrainerErrorCode } from "@silhouette/trainer";

/** Exit codes. */
export const EXIT = {
  done: 0,
  /** A defect of silhouette. */
  defect: 1,
  /** Unknown commands and options, and values out of range. */
  usage: 2,
  /**
   * Missing or unusable folders, photographs, datasets or machines: `train` ends with it if its backend or memory is missing, and
   * so does `doctor`, which predicts that.
   */
  input: 3,
  /** An unwritable result. */
  output: 4,
  /** 128 + 1. */
  hungUp: 129,
  /** 128 + 2, as shells report Ctrl-C. */
  interrupted: 130,
  /** 128 + 15. */
  terminated: 143,
} as const;

/** The exit code for a trainer error. */
export function exitCodeOf(code: TrainerErrorCode): number {
  switch (code) {
    case "INVALID_ARGUMENT":
      return EXIT.usage;
    case "OUTPUT_UNWRITABLE":
    case "OUTPUT_EXISTS":
    case "OUTPUT_IN_USE":
      return EXIT.output;
    default:
      return EXIT.input;
  }
}
