// The best epoch as the model: what is tested, saved and calibrated, also after a training was resumed.

import type { Variable } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";

import { namedValues, type NamedValues } from "../network/weights.ts";
import { smallSession, trained, trainedInTwo, type SmallTraining } from "../testing/small-training.ts";
import { folderForAllTests } from "../testing/striped-classes.ts";

const folder = folderForAllTests();

/** Of six epochs at a rate that is far too high, the best one is in the middle. */
const TRAINING = {
  folder,
  epochs: 6,
  recipe: { model: "best", learningRate: { schedule: "constant", rate: 0.1, warmupEpochs: 0 } },
} satisfies SmallTraining;

const weightsOf = ({ weights }: LayersModel): readonly NamedValues[] =>
  namedValues(weights.map((weight) => weight.read() as Variable));

describe("a training whose model is the best epoch's", () => {
  it.each([null, 0.5])(
    "tests the network of that epoch, and says when it is to be saved; averages %s",
    async (averagedWeights) => {
      const recipe = { ...TRAINING.recipe, averagedWeights };
      const session = await smallSession({ ...TRAINING, recipe });
      const epochs: (readonly NamedValues[])[] = [];
      let model: readonly NamedValues[] = [];
      const { result, checkpoint } = await trained(session, {
        onEpoch: async ({ network, isModel, isBest }) => {
          expect(isModel).toBe(isBest);
          epochs.push(weightsOf(network));
          if (isModel) model = weightsOf(network);
        },
      });
      expect(result.bestEpoch).toBeGreaterThan(1);
      expect(result.bestEpoch).toBeLessThan(6);
      expect(model).toEqual(epochs[result.bestEpoch - 1]);
      expect(checkpoint.best).toEqual(model);
      // A training of so many epochs ends with the network that this one has kept.
      const short = await smallSession({ ...TRAINING, epochs: result.bestEpoch, recipe: { ...recipe, model: "last" } });
      const expected = await trained(short);
      expect(result.metrics).toEqual(expected.result.metrics);
      expect(result.examples).toEqual(expected.result.examples);
      const last = await trained(await smallSession({ ...TRAINING, recipe: { ...recipe, model: "last" } }));
      expect(last.result.history).toEqual(result.history);
      expect(last.result.metrics.loss).not.toBe(result.metrics.loss);
      expect(last.checkpoint.weights).toEqual(checkpoint.weights);
      expect(last.checkpoint.best).toEqual([]);
    },
  );

  it("gives the same, byte for byte, if it is stopped after that epoch and resumed", async () => {
    const training = { ...TRAINING, recipe: { ...TRAINING.recipe, calibration: "validation" } } satisfies SmallTraining;
    const whole = await trained(await smallSession(training));
    const stopAfter = { epoch: whole.result.bestEpoch + 1, step: 2 };
    const resumed = await trainedInTwo(training, stopAfter);
    expect(resumed.result).toEqual(whole.result);
    expect(resumed.checkpoint).toEqual(whole.checkpoint);
  });

  it("refuses a checkpoint without its weights, with others, and with some that no training of it keeps", async () => {
    const { checkpoint } = await trained(await smallSession({ ...TRAINING, epochs: 1 }));
    const refusal = expect.objectContaining({ code: "CHECKPOINT_DAMAGED" }) as Error;
    const session = await smallSession(TRAINING);
    const [first, ...others] = checkpoint.best;
    for (const best of [[], others, [{ ...first, shape: [1] }, ...others] as NamedValues[]])
      expect(() => session.restore({ ...checkpoint, best })).toThrow(refusal);
    expect(() => session.restore({ ...checkpoint, epoch: 0 })).toThrow(refusal);
    const keepsLast = await smallSession({ ...TRAINING, recipe: { model: "last" } });
    expect(() => keepsLast.restore(checkpoint)).toThrow(refusal);
  });
});
