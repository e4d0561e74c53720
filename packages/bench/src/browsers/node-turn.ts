// The process of one turn in Node.js, started by turn.ts.

import { readTensorFile } from "@silhouette/trainer/step";

import { runTurnProgram } from "../measure/turn-program.ts";
import { takeStepTurn, type StepJob } from "./step-turn.ts";

await runTurnProgram(async (given) => {
  // turn.ts sends exactly this.
  const { input, ...job } = given as StepJob & { readonly input: string };
  const { tensors } = await readTensorFile(input);
  return { versions: { Node: process.versions.node }, ...(await takeStepTurn(job, tensors)) };
});
