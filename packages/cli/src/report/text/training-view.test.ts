// What a terminal shows of a training, at several sizes. Without a terminal, lines have no colors.

import stringWidth from "fast-string-width";
import { describe, expect, it } from "vitest";

import type { Event } from "../events.ts";
import { TrainingView } from "./training-view.ts";

const plan = (epochs: number, validation = 18) =>
  ({
    config: {
      epochs,
      batch: 50,
      counts: { train: [60, 84], val: [validation], test: [18] },
    },
    history: [],
    bestEpoch: null,
  }) as unknown as Event<"plan">;

/** An epoch; the seventh has the lowest validation loss. */
const epoch = (number: number, valLoss: number | null = 0.4 + Math.abs(number - 7) / 100): Event<"epoch"> => ({
  type: "epoch",
  epoch: number,
  loss: 1 / number,
  accuracy: 1 - 1 / (number + 1),
  valLoss,
  valAccuracy: valLoss === null ? null : 1,
  learningRate: 0.001,
  seconds: 65,
  isBest: number <= 7,
  isLast: false,
});

const step = (number: number, ofEpoch: number, of = 3): Event<"step"> => ({
  type: "step",
  epoch: ofEpoch,
  step: number,
  steps: of,
  loss: 0.5,
  accuracy: 0.75,
  pictures: number < of ? 50 : 44,
  seconds: 2,
  secondsLeft: 600,
});

/** A view in the middle of the epoch after `done`. */
function viewAfter(done: number, validation = 18): TrainingView {
  const view = new TrainingView(plan(40, validation));
  for (let number = 1; number <= done; number++) view.epoch(epoch(number, validation === 0 ? null : undefined));
  view.step(step(1, done + 1));
  return view;
}

const size = (columns: number, rows = 24) => ({ columns, rows });

describe("the view of a training", () => {
  it("has a table of the epochs with the best one marked, curves, and the progress with its rate and the time left", () => {
    expect(viewAfter(3).lines(size(80))).toEqual([
      "                Training         Validation",
      "Epoch     loss  accuracy     loss  accuracy         time",
      "    1    1.000    50.0 %    0.460   100.0 %    1 min 5 s",
      "    2    0.500    66.7 %    0.450   100.0 %    1 min 5 s",
      "    3    0.333    75.0 %    0.440   100.0 %    1 min 5 s  best",
      "",
      "Training    loss █▃▁  accuracy ▁▃▅",
      "Validation  loss ▂▂▂  accuracy ███",
      "",
      "Epoch 4 of 40: ██████████░░░░░░░░░░░░░░░░░░░░ 50/144 pictures, 25 per second",
      "loss 0.500, accuracy 75.0 %; 4 s left in this epoch, 10 min 0 s in all",
    ]);
  });

  it("has shorter names and no time in 40 columns, and nothing that is wider", () => {
    expect(viewAfter(3).lines(size(40)).slice(0, 12)).toEqual([
      "           Training     Validation",
      "Epoch   loss   acc.   loss    acc.",
      "    1  1.000 50.0 %  0.460 100.0 %",
      "    2  0.500 66.7 %  0.450 100.0 %",
      "    3  0.333 75.0 %  0.440 100.0 % best",
      "",
      "Training   loss     █▃▁",
      "Validation loss     ▂▂▂",
      "Training   accuracy ▁▃▅",
      "Validation accuracy ███",
      "",
      "Epoch 4 of 40: ███░░░░░░ 50/144 pictures",
    ]);
  });

  it.each([120, 80, 60, 40, 30, 20, 10, 1])("fits %d columns, at every height", (columns) => {
    const view = viewAfter(30);
    for (let rows = 1; rows < 40; rows++) {
      const lines = view.lines(size(columns, rows));
      expect(lines.length).toBeLessThan(Math.max(2, rows));
      expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(columns);
      expect(lines.length).toBeGreaterThan(0);
    }
  });

  it("has the best epoch and the last ones of many, fewer on a low terminal, and no curves on a lower one", () => {
    const epochs = (rows: number): readonly number[] =>
      viewAfter(30)
        .lines(size(80, rows))
        .flatMap((line) => (/^ +\d+ /.test(line) ? [Number.parseInt(line)] : []));
    expect(epochs(50)).toEqual([7, 24, 25, 26, 27, 28, 29, 30]);
    expect(epochs(12)).toEqual([7, 29, 30]);
    expect(viewAfter(30).lines(size(80, 12)).join()).toContain("Training    loss");
    expect(epochs(10)).toEqual([7, 28, 29, 30]);
    expect(viewAfter(30).lines(size(80, 10)).join()).not.toContain("Training    loss");
    expect(viewAfter(30).lines(size(80, 6))).toHaveLength(2);
  });

  it("has no columns and curves of validation without validation pictures", () => {
    const text = viewAfter(3, 0).lines(size(80)).join("\n");
    expect(text).not.toContain("alidation");
    expect(text).toMatch(/ 3 .* best$/m);
  });

  it("begins with the epochs of a resumed run, and with the pictures of a resumed epoch", () => {
    const view = new TrainingView({ ...plan(40), history: [epoch(1), epoch(2)], bestEpoch: 2 });
    view.step(step(2, 3));
    const lines = view.lines(size(80));
    expect(lines[3]).toMatch(/^ {4}2 .* best$/);
    expect(lines).toContain("Epoch 3 of 40: █████████████████████░░░░░░░░░ 100/144 pictures, 25 per second");
  });

  it("says when an epoch is validated and the model tested, and ends without progress", () => {
    const view = new TrainingView(plan(2), "Fold 1 of 5");
    view.epoch(epoch(1));
    view.step(step(3, 2));
    expect(view.lines(size(80)).at(-1)).toBe("loss 0.500, accuracy 75.0 %; validating, 10 min 0 s left");
    view.epoch({ ...epoch(2), isLast: true });
    expect(view.lines(size(80)).at(-1)).toBe("Fold 1 of 5, testing on 18 pictures");
    view.finish();
    expect(view.lines(size(80)).at(-1)).toMatch(/^Validation {2}loss/);
  });

  it("shows a loss that is not finite", () => {
    const view = new TrainingView(plan(40));
    view.epoch({ ...epoch(1), loss: NaN });
    view.epoch(epoch(2));
    expect(view.lines(size(80))[2]).toMatch(/^ {4}1 {6}NaN/);
  });
});
