// The module worker of a page, bundled by scripts/bundle.mjs. In: a job. Out: its result or its error.

import { decodeSafetensors } from "@silhouette/trainer/browser";

import { takeStepTurn, type StepJob, type StepResult } from "./step-turn.ts";

/** What the worker sends: the result, or what was thrown. */
export type WorkerMessage<Result extends StepResult = StepResult> =
  { readonly result: Result } | { readonly failure: string };

addEventListener("message", ({ data }: MessageEvent<StepJob>) => void answer(data), { once: true });

async function answer(job: StepJob): Promise<void> {
  let message: WorkerMessage;
  try {
    const response = await fetch("/input");
    const { tensors } = decodeSafetensors(new Uint8Array(await response.arrayBuffer()));
    message = { result: await takeStepTurn(job, tensors) };
  } catch (error) {
    message = { failure: error instanceof Error ? error.message : String(error) };
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the rule is about windows
  postMessage(message);
}
