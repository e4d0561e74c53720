// The networks that recipes name.

import type { Sequential } from "@tensorflow/tfjs-layers";

import type { Generator } from "../values/generator.ts";
import { compactNetwork } from "./compact-network.ts";
import { referenceNetwork, type NetworkShape } from "./reference-network.ts";

/** `reference`: {@link referenceNetwork}. `compact`: {@link compactNetwork}. */
export type BuiltInName = "reference" | "compact";

/** Builds the network `name`. The caller disposes of it. @throws {TrainerError} `INVALID_ARGUMENT` */
export function builtInNetwork(name: BuiltInName, shape: NetworkShape, generator: Generator): Sequential {
  return name === "compact" ? compactNetwork(shape, generator) : referenceNetwork(shape, generator);
}
