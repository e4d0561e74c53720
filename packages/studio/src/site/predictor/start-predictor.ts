// Starts a predictor's worker from the parts of its page, and loads its model.

import { transfer, wrap, type Remote } from "comlink";

import { fromPlanes } from "../../predictor/byte-planes.ts";
import type { ModelFacts } from "../engine/current-model.ts";
import { passProblems } from "../engine/pass-problems.ts";
import { workerFailed } from "../page/worker-failed.ts";
import { embedded } from "./embedded.ts";
import type { PredictorEngine } from "./predictor-engine.ts";

/** A predictor that can be asked. */
export interface StartedPredictor {
  readonly engine: Remote<PredictorEngine>;
  readonly facts: ModelFacts;
}

/**
 * Starts the predictor of this page.
 *
 * @param name what the page calls the model
 * @throws {StudioError} `PREDICTOR_DAMAGED`, `WORKER_FAILED`; {TrainerError} `MODEL_DAMAGED`, `BACKEND_UNAVAILABLE`
 */
export async function startPredictor(name: string): Promise<StartedPredictor> {
  passProblems();
  const [program, preprocessing, simd128, tensorflow, model, planes] = await Promise.all([
    embedded("worker"),
    embedded("preprocessing"),
    embedded("simd128"),
    embedded("tensorflow"),
    embedded("model"),
    embedded("weights"),
  ]);
  const worker = new Worker(URL.createObjectURL(new Blob([program], { type: "text/javascript" })));
  const failure = new Promise<never>((_, reject) => {
    worker.addEventListener("error", ({ message }) => reject(workerFailed(message ?? "")));
  });
  const engine = wrap<PredictorEngine>(worker);
  const start = async (): Promise<StartedPredictor> => {
    const kernels = { simd128, tensorflow };
    await engine.takeKernels(preprocessing, transfer(kernels, [simd128.buffer, tensorflow.buffer]));
    const json = new TextDecoder().decode(model);
    const weights = fromPlanes(planes);
    return { engine, facts: await engine.use(transfer({ name, json, weights }, [weights.buffer])) };
  };
  return Promise.race([start(), failure]);
}
