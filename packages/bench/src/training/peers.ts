// The peers of the training suites, by name and program.

import type { TimesMessage } from "../measure/turn-process.ts";
import type { AnswerMessage, Job, Program, TrainingSuite } from "./turn.ts";

/** One way to do the work; node-turn.ts and ../peers/peers.py know it by its name. */
export interface TrainingPeer {
  readonly name: string;
  readonly program: Program;
  readonly suites: readonly TrainingSuite[];
  /** Threads that it can use; default all. */
  readonly mostThreads?: number;
}

/** Threads that a peer uses of those it is given. */
export function threadsOf({ mostThreads = Infinity }: Companion, threads: number): number {
  return Math.min(threads, mostThreads);
}

/** In the order of their turns and rows. The first is the one that the others are compared with. */
export const TRAINING_PEERS: readonly TrainingPeer[] = [
  { name: "silhouette", program: "node", suites: ["train", "predict", "load"] },
  { name: "tf.layers on silhouette's WASM", program: "node", suites: ["train", "predict"] },
  { name: "silhouette on tfjs-node", program: "node", suites: ["train", "predict", "load"] },
  { name: "tf.layers on tfjs-node", program: "node", suites: ["train", "predict"] },
  { name: "tf.layers on stock WASM", program: "node", suites: ["predict"], mostThreads: 1 },
  { name: "PyTorch channels-last", program: "python", suites: ["train", "predict", "load"] },
  { name: "PyTorch", program: "python", suites: ["train", "predict", "load"] },
  { name: "Keras", program: "python", suites: ["train", "predict", "load"] },
];

/** Takes turns with the peers, but is none of them. */
export type Companion = Omit<TrainingPeer, "suites">;

/** The reference for what the processor can do. */
export const REGISTER_TILE: Companion = { name: "register tile", program: "node" };

/** Makes views of a batch of pictures, as the recipe of a network wants them before each step. */
export const AUGMENTATION: Companion = { name: "augmentation", program: "node", mostThreads: 1 };

/** Takes a turn of a peer. */
export type Run = <Result extends AnswerMessage | TimesMessage>(
  peer: Companion,
  job: Pick<Job, "network" | "threads" | "batch" | "want">,
) => Promise<Result>;
