// The process of one turn of a peer, started by turn.ts.

import { timeTurn } from "../measure/rounds.ts";
import { startTensorflow } from "../measure/tensorflow-backends.ts";
import type { TimesMessage } from "../measure/turn-process.ts";
import { runTurnProgram } from "../measure/turn-program.ts";
import { NETWORKS } from "./networks.ts";
import type { AnswerMessage, Job } from "./turn.ts";
import { workOf } from "./work.ts";

await runTurnProgram(async (given): Promise<Omit<AnswerMessage, "peakBytes"> | Omit<TimesMessage, "peakBytes">> => {
  // turn.ts sends exactly this.
  const job = given as Job;
  const versions = await startTensorflow(job.peer, job.threads);
  const network = NETWORKS.find(({ name }) => name === job.network);
  if (network === undefined) throw new RangeError(`Expected a network of this suite, not ${job.network}`);
  const { call, answer } = workOf(network, job.use);
  return job.want === "answer"
    ? { versions, ...(await answer()) }
    : { versions, ...(await timeTurn(call, true, job.settings)) };
});
