// Libraries are loaded by the command that uses them: help, versions and usage errors need none.

import { commandLine } from "../command-line/called-as.ts";
import { remedyOf } from "./environment-failure.ts";
import { EXIT } from "./exit-codes.ts";
import { Failed } from "./failed.ts";

/** Awaits an import. @throws {Failed} `LIBRARY_UNAVAILABLE` if a library cannot be loaded, with the command that says why */
export async function loaded<Module>(loading: Promise<Module>): Promise<Module> {
  try {
    return await loading;
  } catch (cause) {
    const [reason = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new Failed({
      code: "LIBRARY_UNAVAILABLE",
      message: `Expected to load the libraries of silhouette, but that failed: ${reason}`,
      hint: remedyOf(cause) ?? `To find out how to fix it: ${commandLine(["doctor"])}`,
      exitCode: EXIT.input,
      cause,
    });
  }
}
