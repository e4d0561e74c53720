// What the process's exit code says. Documented in the README and in `silhouette --help`.

import type { TrainerErrorCode } from "@silhouette/trainer";

/** Exit codes. */
export const EXIT = {
  done: 0,
  /** A defect of silhouette's own. */
  defect: 1,
  /** Unknown commands and options, and values outside their range. */
  usage: 2,
  /**
   * Folders, photographs or datasets that are missing or unusable; and machines: `train` ends with it where its backend or
   * its memory is missing, so that `doctor`, which foretells that, does too.
   */
  input: 3,
  /** A result that cannot be written. */
  output: 4,
  /** 128 + 1. */
  hungUp: 129,
  /** 128 + 2, as shells report Ctrl-C. */
  interrupted: 130,
  /** 128 + 15. */
  terminated: 143,
} as const;

/** The exit code for an error of the trainer. */
export function exitCodeOf(code: TrainerErrorCode): number {
  switch (code) {
    case "INVALID_ARGUMENT":
      return EXIT.usage;
    case "OUTPUT_UNWRITABLE":
    case "OUTPUT_IN_USE":
      return EXIT.output;
    default:
      return EXIT.input;
  }
}
