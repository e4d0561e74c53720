// The callback that writes a training's losses and metrics for TensorBoard while `fit` runs.

import { join } from "node:path";

import { CustomCallback, type CustomCallbackArgs, type LayersModel } from "@tensorflow/tfjs-layers";

import { checkOptionNames } from "../option-names.ts";
import { summaryFileWriter } from "./summary-file-writer.ts";

/** Options for {@link tensorBoard}. */
export interface TensorBoardOptions {
  /** `epoch` writes after each epoch; `batch` after each batch, too. Default: `epoch`. */
  readonly updateFreq?: "epoch" | "batch";
  /** Epochs from one histogram of the weights to the next, beginning with the first epoch; 0 writes none. Default: 0. */
  readonly histogramFreq?: number;
}

/** What `fit` reports of a batch, besides its loss and metrics. */
const NOT_METRICS: ReadonlySet<string> = new Set(["batch", "size", "num_steps"]);

const VALIDATION = "val_";

/**
 * A callback for `fit` and `fitDataset`, alone or in an array with others, that writes the loss and the metrics to
 * `<logdir>/train`, and those of the validation to `<logdir>/val`: `epoch_loss` by epoch, counted from 1, and `batch_loss`
 * by batch. `tensorboard --logdir <logdir>` shows them while the training runs.
 *
 * @param logdir the folder; it is created if it does not exist
 * @param options how often to write what
 * @throws {RangeError} for an unknown option or value
 * @example
 * import { tensorBoard } from "@silhouette/training-wasm/node";
 * import { layers, sequential } from "@tensorflow/tfjs-layers";
 *
 * const model = sequential({ layers: [layers.dense({ inputShape: [200], units: 1 })] });
 * model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
 * await model.fit(pictures, labels, { epochs: 10, validationSplit: 0.2, callbacks: tensorBoard("logs/first") });
 */
export function tensorBoard(logdir = "./logs", options: TensorBoardOptions = {}): CustomCallback {
  checkOptionNames("tensorBoard", options, ["updateFreq", "histogramFreq"]);
  const { updateFreq = "epoch", histogramFreq = 0 } = options;
  if (!["epoch", "batch"].includes(updateFreq))
    throw new RangeError(`Expected updateFreq to be epoch or batch, but received ${updateFreq}`);
  if (!(Number.isInteger(histogramFreq) && histogramFreq >= 0))
    throw new RangeError(`Expected histogramFreq to be a whole number of 0 or more, but received ${histogramFreq}`);

  if (typeof logdir !== "string")
    throw new RangeError(`Expected logdir to be the path of a folder, but received ${JSON.stringify(logdir)}`);
  const train = summaryFileWriter(join(logdir, "train"));
  const validation = summaryFileWriter(join(logdir, "val"));
  const write = (prefix: string, logs: object, step: number): void => {
    for (const [name, value] of Object.entries(logs) as [string, number][]) {
      if (NOT_METRICS.has(name)) continue;
      if (name.startsWith(VALIDATION)) validation.scalar(prefix + name.slice(VALIDATION.length), value, step);
      else train.scalar(prefix + name, value, step);
    }
  };
  let batches = 0;
  const callback = new WithModel({
    onBatchEnd: (_, logs) => {
      batches++;
      if (updateFreq === "batch") write("batch_", logs ?? {}, batches);
    },
    onEpochEnd: (epoch, logs) => {
      write("epoch_", logs ?? {}, epoch + 1);
      if (histogramFreq === 0 || epoch % histogramFreq !== 0) return;
      for (const weight of callback.model?.weights ?? []) train.histogram(weight.name, weight.read(), epoch + 1);
    },
  });
  return callback;
}

/** The methods that tf.layers calls. */
const CALLED = [
  "onTrainBegin",
  "onTrainEnd",
  "onEpochBegin",
  "onEpochEnd",
  "onBatchBegin",
  "onBatchEnd",
] as const satisfies readonly (keyof CustomCallback)[];

/**
 * Keeps the model that is trained, of which a callback is told otherwise only how it is doing. Its methods are bound: another copy
 * of tf.layers, to which it is a plain object with them, calls them on a callback of its own, and would never return.
 */
class WithModel extends CustomCallback {
  model: LayersModel | undefined;

  constructor(settings: CustomCallbackArgs) {
    super(settings);
    for (const name of CALLED) {
      const method: (...logs: never[]) => unknown = this[name];
      Object.defineProperty(this, name, { value: method.bind(this) });
    }
  }

  override setModel(model: unknown): void {
    this.model = model as LayersModel;
  }
}
