// What a report advises.

import { wilsonInterval, type Metrics, type RunConfig } from "@silhouette/trainer";
import { describe, expect, it } from "vitest";

import { adviceFor, comparisonAdvice, type Findings } from "./advice.ts";

/** Metrics with this confusion matrix. */
function metricsOf(confusion: readonly (readonly number[])[], labels: readonly string[]): Metrics {
  const pictures = confusion.flat().reduce((sum, count) => sum + count, 0);
  const correct = confusion.reduce((sum, row, index) => sum + (row[index] ?? 0), 0);
  return {
    pictures,
    correct,
    incorrect: pictures - correct,
    accuracy: correct / pictures,
    interval95: wilsonInterval(correct, pictures),
    loss: 0,
    labels,
    confusion,
    perClass: [],
  };
}

const GOOD = [
  [100, 0],
  [1, 99],
] as const;

interface Changes extends Partial<Omit<Findings, "config" | "test">> {
  readonly train?: readonly number[];
  readonly confusion?: readonly (readonly number[])[];
  readonly input?: string;
  readonly isTested?: boolean;
}

function advice({
  train = [300, 300],
  confusion = GOOD,
  input = "otsu",
  isTested = true,
  ...changes
}: Changes = {}): string {
  const labels = ["car", "bus"];
  const counts = { train, val: [50, 50], test: [100, 100] };
  const config = {
    dataset: { labels },
    counts,
    epochs: 9,
    recipe: { input, augmentation: null },
  } as unknown as RunConfig;
  const last = { epoch: 9, loss: 0.1, accuracy: 0.97, valLoss: 0.1, valAccuracy: 0.97, learningRate: 0, seconds: 1 };
  return adviceFor({
    config,
    history: [last],
    test: isTested ? { metrics: metricsOf(confusion, labels), predictions: [] } : null,
    blames: [],
    predictCommand: "silhouette predict runs/a PICTURES",
    ...changes,
  });
}

describe("the advice for a run", () => {
  it("is to use it if all is well", () => {
    expect(advice()).toBe("Classify photographs of your own with it: silhouette predict runs/a PICTURES");
  });

  it("is to continue a training that was stopped", () => {
    expect(advice({ isTested: false })).toBe(
      "The training was stopped after epoch 1 of 9, before its test: continue it with --resume.",
    );
    expect(advice({ isTested: false, history: [] })).toBe(
      "The training was stopped before its first epoch ended: continue it with --resume.",
    );
  });

  it("is to restore or train a model that cannot be loaded", () => {
    expect(advice({ predictCommand: null, train: [300, 1] })).toMatch(/^The model .* cannot be loaded: restore /);
    expect(advice({ predictCommand: null, isTested: false })).toMatch(/continue it with --resume/);
  });

  it("is to add pictures of the class that has fewest, whatever else there is", () => {
    expect(
      advice({
        train: [300, 49],
        confusion: [
          [50, 50],
          [50, 50],
        ],
      }),
    ).toMatch(/^Add pictures of bus: .* from 49,/);
    expect(advice({ train: [300, 50] })).not.toMatch(/^Add/);
  });

  it("is another input if most mistakes are due to masks, and the network sees nothing else", () => {
    const mask = { what: "mask", because: "levels" } as const;
    const network = { what: "network" } as const;
    const blames = [mask, { what: "mask", because: "fragments" }, network, mask] as const;
    expect(advice({ blames })).toMatch(/^3 of the 4 mistakes below are pictures whose masks .*--input gray/);
    expect(advice({ blames, input: "gray" })).toMatch(/^Classify/);
    expect(advice({ blames: [mask, mask, network] })).toMatch(/^Classify/);
  });

  it("is more pictures for a network that knows its training pictures by heart", () => {
    const last = { epoch: 9, loss: 0.1, accuracy: 0.99, valLoss: 1, valAccuracy: 0.8, learningRate: 0, seconds: 1 };
    expect(advice({ history: [last] })).toBe(
      "The network knows its training pictures (99.0 %) better than the validation pictures (80.0 %): " +
        "add pictures of each class, or --recipe compact, which augments them.",
    );
  });

  it("names the two classes that most mistakes are between", () => {
    expect(
      advice({
        confusion: [
          [90, 10],
          [5, 95],
        ],
      }),
    ).toMatch(/^15 of 15 mistakes are between car and bus: /);
  });

  it("is to test more pictures if the accuracy is hardly known", () => {
    expect(
      advice({
        confusion: [
          [9, 1],
          [0, 10],
        ],
      }),
    ).toMatch(/^The accuracy is somewhere from 76\.4 % to 99\.1 %, because there are only 20 test pictures: /);
  });
});

describe("the advice for several runs", () => {
  const pair = { pictures: 100, both: 80, onlyFirst: 2, onlySecond: 15, neither: 3, pValue: 0.002 };

  it("names the better run of each pair with a difference that chance does not explain", () => {
    expect(comparisonAdvice(["a", "b", "c"], [pair, null])).toBe("b is better than a (p = 0.002).");
    const other = { ...pair, onlyFirst: 30, onlySecond: 1, pValue: 3e-8 };
    expect(comparisonAdvice(["a", "b", "c"], [pair, other])).toBe(
      "b is better than a (p = 0.002), and a is better than c (p = 3e-8).",
    );
  });

  it("says that there is no evidence, or nothing to compare", () => {
    expect(comparisonAdvice(["a", "b"], [{ ...pair, pValue: 0.2 }])).toMatch(
      /^There is no evidence on 100 test pictures/,
    );
    expect(comparisonAdvice(["a", "b"], [null])).toMatch(/^These runs have no test pictures in common/);
  });
});
