// The studio's engine in its worker.

import type { Remote } from "comlink";

import type { Engine } from "../engine/engine.ts";
import type { StudioError } from "../engine/problem.ts";
import { linkTo } from "./worker-link.ts";

/** The engine in its worker: all of its methods are asynchronous. */
export type EngineLink = Remote<Engine>;

/**
 * Starts the worker.
 *
 * @param onFailure called with a problem if it cannot be loaded, which no call would say
 */
export function startEngine(onFailure: (error: StudioError) => void): EngineLink {
  return linkTo<Engine>(new Worker(new URL("../engine/worker.ts", import.meta.url), { type: "module" }), onFailure);
}
