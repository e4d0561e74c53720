// Libraries are loaded by the command that works with them: help, versions and mistakes need none, and come at once.

import { commandLine } from "../command-line/called-as.ts";
import { remedyOf } from "./environment-failure.ts";
import { EXIT } from "./exit-codes.ts";
import { Failed } from "./failed.ts";

/** @throws {Failed} `LIBRARY_UNAVAILABLE` where a library cannot be loaded, naming who knows more */
export async function loaded<Module>(loading: Promise<Module>): Promise<Module> {
  try {
    return await loading;
  } catch (cause) {
    const [reason = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new Failed({
      code: "LIBRARY_UNAVAILABLE",
      message: `Expected to load the libraries of silhouette, but that failed: ${reason}`,
      hint: remedyOf(cause) ?? `What mends it is reported by: ${commandLine(["doctor"])}`,
      exitCode: EXIT.input,
      cause,
    });
  }
}
