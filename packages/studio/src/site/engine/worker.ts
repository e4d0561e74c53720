// The page's worker: everything that computes, so that the page never waits.

import { expose } from "comlink";
import { loadKernels } from "virtual:kernels";

import { Engine } from "./engine.ts";
import { passProblems } from "./pass-problems.ts";
import type { Sign } from "./signs.ts";

passProblems();
const engine = new Engine();
expose(engine);
const give = (sign: Sign): void => postMessage(sign);
// The page waits for both signs before it asks for anything. Why the engine could not start is told to whoever asks.
await loadKernels().catch(() => undefined);
give("loaded");
await engine.start().catch(() => undefined);
give("started");
