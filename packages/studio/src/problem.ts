// The studio's errors, and any error as a page shows it.

/** Codes of the studio's own errors; others are those of the trainer. */
export type StudioErrorCode =
  | "CAMERA_BUSY"
  | "CAMERA_MISSING"
  | "CAMERA_REFUSED"
  | "FILES_UNREADABLE"
  | "KERNELS_UNAVAILABLE"
  | "MODEL_NOT_FOUND"
  | "NO_MODEL"
  | "NOT_A_RUN"
  | "PREDICTOR_DAMAGED"
  | "RUN_FINISHED"
  | "RUN_INCOMPLETE"
  | "RUN_IN_USE"
  | "STORAGE_FULL"
  | "STORAGE_UNAVAILABLE"
  | "TEMPLATE_UNAVAILABLE"
  | "WORKER_FAILED";

/** An error of the studio. */
export class StudioError extends Error implements Problem {
  override readonly name = "StudioError";
  readonly code: StudioErrorCode;
  readonly hint: string;

  constructor(code: StudioErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/** An error for people: what happened, and what to do next. */
export interface Problem {
  /** A stable code, such as `MODEL_DAMAGED`; `DEFECT` for an error of the studio itself. */
  readonly code: string;
  /** What was expected, and what came. */
  readonly message: string;
  /** What to do next. */
  readonly hint: string;
}

/** `error` as a problem. */
export function problemOf(error: unknown): Problem {
  if (isProblem(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return { code: "DEFECT", message, hint: "This is a defect of the studio. Reload the page; what was saved is kept." };
}

/** Errors of the trainer have the same fields. */
function isProblem(error: unknown): error is Problem {
  if (typeof error !== "object" || error === null) return false;
  return ["code", "message", "hint"].every((field) => typeof (error as Record<string, unknown>)[field] === "string");
}
