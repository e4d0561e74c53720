// A network of the user's own: the module of `--network`.

import { statSync } from "node:fs";

import type { NetworkBuilder } from "@silhouette/trainer";
import { TrainerError } from "@silhouette/trainer/light";

import { EXIT } from "../outcome/exit-codes.ts";
import { Failed } from "../outcome/failed.ts";
import { brokenModule, defaultExport, forbidExit, shownPath, userFrame } from "./user-module.ts";

const PURPOSE = { code: "NETWORK_BROKEN", what: "a function that builds a network" } as const;

/** A loaded module of a network. */
export interface UserNetwork {
  readonly build: NetworkBuilder;
  /** An error of a training: one that the module threw becomes `NETWORK_BROKEN`, with file and line. */
  readonly explained: (error: unknown) => unknown;
}

/**
 * Loads a module whose default export builds a network.
 *
 * @param file absolute path
 * @throws {Failed} `NETWORK_NOT_FOUND`, `NETWORK_BROKEN`
 */
export async function userNetwork(file: string, signal: AbortSignal): Promise<UserNetwork> {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new Failed({
      code: "NETWORK_NOT_FOUND",
      message: `Expected a module that builds a network, but ${shownPath(file)} is not a file`,
      hint: "Name a .ts, .js or .mjs file: --network MODULE",
      exitCode: EXIT.input,
      cause: undefined,
    });
  }
  const build = await defaultExport(file, PURPOSE);
  if (typeof build !== "function") {
    throw new Failed({
      code: "NETWORK_BROKEN",
      message: `Expected ${shownPath(file)} to export ${PURPOSE.what} by default, but it exports ${build === null ? "null" : `a value of type ${typeof build}`}`,
      hint: "Export a function of the shape: export default ({ width, height, channels, classes }) => network",
      exitCode: EXIT.input,
      cause: undefined,
    });
  }
  // It also runs later: to build the network, and in layers of its own.
  forbidExit(file, PURPOSE);
  return {
    build: build as NetworkBuilder,
    explained: (error) => {
      const isOther = error instanceof TrainerError || error === signal.reason || userFrame(error) === undefined;
      return isOther ? error : brokenModule(error, file, PURPOSE);
    },
  };
}
