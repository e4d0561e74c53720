// What to do about a run that is there already, for commands that cannot resume it.

import { TrainerError } from "@silhouette/trainer/light";

/** `error`, with another hint if there is a run already. */
export function withOtherFolder(error: unknown): unknown {
  if (!(error instanceof TrainerError) || error.code !== "RUN_EXISTS") return error;
  return new TrainerError(error.code, error.message, "Name another folder with --out.", { cause: error });
}
