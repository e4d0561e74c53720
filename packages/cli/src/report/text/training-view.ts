// What a terminal shows of a training, in place: a table of the best and the last epochs, curves of loss and accuracy, and the
// progress of the current epoch.
//
// In: the events of a training. Out: lines that fit a terminal of any size.

import { styleText } from "node:util";

import stringWidth from "fast-string-width";

import type { Event } from "../events.ts";
import type { Size } from "../live.ts";
import { barLines } from "../progress.ts";
import { shortened } from "../wrapped.ts";
import { duration, percent, sum } from "./numbers.ts";
import { rangeOf, sparkline } from "./sparkline.ts";

/** Epochs in the table. */
const SHOWN_EPOCHS = 8;

/** Fewest epochs that are worth a table. */
const FEWEST_EPOCHS = 2;

/** Lines of the table's head. */
const HEAD_LINES = 2;

/** Fewest columns of a curve, and fewest of two curves side by side. */
const SHORTEST_CURVE = 8;
const SIDE_BY_SIDE = 64;

type EpochRecord = Event<"plan">["history"][number];

/** A column of the table. */
interface Column {
  /** Columns with the same one are under it. */
  readonly group: "" | "Training" | "Validation";
  readonly name: string;
  readonly text: (record: EpochRecord) => string;
}

const EPOCH: Column = { group: "", name: "Epoch", text: ({ epoch }) => String(epoch) };
const LOSS: Column = { group: "Training", name: "loss", text: ({ loss }) => loss.toFixed(3) };
const VAL_LOSS: Column = { group: "Validation", name: "loss", text: ({ valLoss }) => valLoss?.toFixed(3) ?? "-" };
const TIME: Column = { group: "", name: "time", text: ({ seconds }) => duration(seconds) };
const accuracyOf = (name: string): Column => ({ group: "Training", name, text: ({ accuracy }) => percent(accuracy) });
const valAccuracyOf = (name: string): Column => ({
  group: "Validation",
  name,
  text: ({ valAccuracy }) => (valAccuracy === null ? "-" : percent(valAccuracy)),
});

/** A choice of columns. */
interface Layout {
  readonly columns: readonly Column[];
  /** Spaces between columns, and between groups of them. */
  readonly gap: number;
  readonly groupGap: number;
}

/** From the widest to the narrowest. */
const LAYOUTS: readonly Layout[] = [
  {
    columns: [EPOCH, LOSS, accuracyOf("accuracy"), VAL_LOSS, valAccuracyOf("accuracy"), TIME],
    gap: 2,
    groupGap: 4,
  },
  { columns: [EPOCH, LOSS, accuracyOf("acc."), VAL_LOSS, valAccuracyOf("acc."), TIME], gap: 1, groupGap: 2 },
  { columns: [EPOCH, LOSS, accuracyOf("acc."), VAL_LOSS, valAccuracyOf("acc.")], gap: 1, groupGap: 2 },
  { columns: [EPOCH, accuracyOf("acc."), valAccuracyOf("acc.")], gap: 1, groupGap: 1 },
];

/** Follows the best epoch. */
const BEST = "best";

/** What a terminal shows of one training. */
export class TrainingView {
  readonly #config: Event<"plan">["config"];
  readonly #title: string;
  readonly #history: EpochRecord[];
  #best: number | null;
  /** Whether the test follows. */
  #isTesting = false;
  /** The last step of the current epoch; undefined between epochs. */
  #step: Event<"step"> | undefined;
  /** Pictures and seconds of the current epoch's steps, since the training was started or resumed. */
  #measured = { pictures: 0, seconds: 0 };
  #picturesDone = 0;
  #isFinished = false;

  /** @param title leads the progress: `Fold 1 of 5` */
  constructor({ config, history, bestEpoch }: Pick<Event<"plan">, "config" | "history" | "bestEpoch">, title = "") {
    this.#config = config;
    this.#title = title;
    this.#history = [...history];
    this.#best = bestEpoch;
  }

  /** Adds a step. */
  step(step: Event<"step">): void {
    // A resumed epoch does not begin with its first step.
    if (this.#step === undefined) this.#picturesDone = (step.step - 1) * this.#config.batch;
    this.#step = step;
    this.#picturesDone += step.pictures;
    this.#measured = {
      pictures: this.#measured.pictures + step.pictures,
      seconds: this.#measured.seconds + step.seconds,
    };
  }

  /** Adds a completed epoch. */
  epoch(record: Event<"epoch">): void {
    this.#history.push(record);
    if (record.isBest) this.#best = record.epoch;
    this.#isTesting = record.isLast;
    this.#step = undefined;
    this.#measured = { pictures: 0, seconds: 0 };
    this.#picturesDone = 0;
  }

  /** From now on, there is no progress. */
  finish(): void {
    this.#isFinished = true;
  }

  /** The lines for a terminal: fewer than it has rows, the last of which is for the cursor. */
  lines({ columns, rows }: Size): readonly string[] {
    const progress = this.#isFinished ? [] : this.#progress(columns);
    const curves = this.#curves(columns);
    const room = Math.max(1, rows - 1);
    // Each block is followed by a blank line.
    const forTable = room - progress.length - 1;
    const hasCurves = curves.length > 0 && forTable - curves.length - 1 >= HEAD_LINES + FEWEST_EPOCHS;
    const epochs = forTable - (hasCurves ? curves.length + 1 : 0) - HEAD_LINES;
    const table = epochs >= FEWEST_EPOCHS ? this.#table(columns, Math.min(SHOWN_EPOCHS, epochs)) : [];
    const blocks = [table, hasCurves ? curves : [], progress].filter((block) => block.length > 0);
    return blocks.flatMap((block, index) => (index === 0 ? block : ["", ...block])).slice(-room);
  }

  #progress(columns: number): readonly string[] {
    const { epochs, counts } = this.#config;
    const pictures = sum(counts.train);
    if (this.#isTesting) {
      return [shortened(this.#titled(`Testing on ${sum(counts.test)} pictures`), columns)];
    }
    const { seconds, pictures: measured } = this.#measured;
    const rate = seconds > 0 ? measured / seconds : undefined;
    const bar = barLines(
      {
        done: this.#picturesDone,
        total: pictures,
        title: this.#titled(`Epoch ${this.#step?.epoch ?? this.#history.length + 1} of ${epochs}: `),
        things: "pictures",
        remark: rate === undefined ? "" : `${rate < 10 ? rate.toFixed(1) : Math.round(rate)} per second`,
      },
      columns,
    );
    if (this.#step === undefined || rate === undefined) return bar;
    const { loss, accuracy, secondsLeft, step, steps } = this.#step;
    const left =
      step === steps
        ? `validating, ${duration(secondsLeft)} left`
        : `${duration((pictures - this.#picturesDone) / rate)} left in this epoch, ${duration(secondsLeft)} in all`;
    const numbers = `loss ${loss.toFixed(3)}, accuracy ${percent(accuracy)}`;
    const remark = `${numbers}; ${left}`;
    const remarks = stringWidth(remark) <= columns ? [remark] : [numbers, left];
    return [...bar, ...remarks.map((line) => shortened(line, columns))];
  }

  /** `text`, led by the title. */
  #titled(text: string): string {
    return this.#title === "" ? text : `${this.#title}, ${text.charAt(0).toLowerCase()}${text.slice(1)}`;
  }

  #curves(columns: number): readonly string[] {
    const { counts } = this.#config;
    if (this.#history.length < 2) return [];
    const series = [
      { name: "Training", loss: this.#values("loss"), accuracy: this.#values("accuracy") },
      ...(sum(counts.val) > 0
        ? [{ name: "Validation", loss: this.#values("valLoss"), accuracy: this.#values("valAccuracy") }]
        : []),
    ];
    const lossRange = rangeOf(series.flatMap(({ loss }) => loss)) ?? [0, 0];
    const accuracyRange = rangeOf(series.flatMap(({ accuracy }) => accuracy)) ?? [0, 0];
    const nameWidth = Math.max(...series.map(({ name }) => name.length));
    if (columns >= SIDE_BY_SIDE) {
      const length = Math.floor((columns - nameWidth - "  loss   accuracy ".length) / 2);
      return series.map(({ name, loss, accuracy }) => {
        const shown = sparkline(loss, length, lossRange).padEnd(Math.min(length, this.#history.length));
        const curves = [`loss ${shown}`, `accuracy ${sparkline(accuracy, length, accuracyRange)}`];
        return styled(name, `${name.padEnd(nameWidth)}  ${curves.join("  ")}`);
      });
    }
    const length = columns - nameWidth - "accuracy  ".length - 1;
    if (length < SHORTEST_CURVE) return [];
    const line = (name: string, what: string, curve: string): string =>
      styled(name, `${name.padEnd(nameWidth)} ${what.padEnd("accuracy".length)} ${curve}`);
    return [
      ...series.map(({ name, loss }) => line(name, "loss", sparkline(loss, length, lossRange))),
      ...series.map(({ name, accuracy }) => line(name, "accuracy", sparkline(accuracy, length, accuracyRange))),
    ];
  }

  #values(field: "loss" | "accuracy" | "valLoss" | "valAccuracy"): readonly number[] {
    return this.#history.map((record) => record[field] ?? Number.NaN);
  }

  /** The best epoch and the last ones, `count` in all; nothing if no table fits. */
  #table(columns: number, count: number): readonly string[] {
    if (this.#history.length === 0) return [];
    const best = this.#best;
    const last = this.#history.slice(-count);
    const isShown = last.some(({ epoch }) => epoch === best);
    const records = isShown ? last : [...this.#history.filter(({ epoch }) => epoch === best), ...last.slice(1)];
    const isValidated = sum(this.#config.counts.val) > 0;
    for (const layout of LAYOUTS) {
      const shown = layout.columns.filter(({ group }) => isValidated || group !== "Validation");
      const lines = tableLines({ ...layout, columns: shown }, records, best);
      if (lines.every(({ text }) => stringWidth(text) <= columns)) {
        return lines.map(({ text, kind }) =>
          kind === "epoch" ? text : styleText(kind === "head" ? "dim" : "green", text, { stream: process.stderr }),
        );
      }
    }
    return [];
  }
}

/** Colors a line of a curve, if the terminal has colors. */
function styled(name: string, text: string): string {
  return styleText(name === "Training" ? "cyan" : "yellow", text, { stream: process.stderr });
}

interface TableLine {
  readonly kind: "head" | "epoch" | "best";
  readonly text: string;
}

function tableLines(
  { columns, gap, groupGap }: Layout,
  records: readonly EpochRecord[],
  best: number | null,
): readonly TableLine[] {
  const cells = records.map((record) => columns.map(({ text }) => text(record)));
  const widths = columns.map(({ name }, index) =>
    Math.max(name.length, ...cells.map((row) => stringWidth(row[index] ?? ""))),
  );
  const gapBefore = (index: number): number => {
    if (index === 0) return 0;
    return columns[index]?.group === columns[index - 1]?.group && columns[index]?.group !== "" ? gap : groupGap;
  };
  const line = (row: readonly string[]): string =>
    row.map((cell, index) => " ".repeat(gapBefore(index)) + cell.padStart(widths[index] ?? 0)).join("");
  // The name of a group ends where its last column ends, and may begin before its first one.
  const ends = columns.map((_, index) =>
    sum(columns.slice(0, index + 1).map((_each, place) => gapBefore(place) + (widths[place] ?? 0))),
  );
  const groups = columns.reduce((head, { group }, index) => {
    const isLast = columns[index + 1]?.group !== group;
    return isLast && group !== "" ? head + group.padStart((ends[index] ?? 0) - head.length) : head;
  }, "");
  return [
    { kind: "head", text: groups },
    { kind: "head", text: line(columns.map(({ name }) => name)) },
    ...records.map(({ epoch }, index): TableLine => {
      const text = line(cells[index] ?? []);
      return epoch === best ? { kind: "best", text: `${text}${" ".repeat(gap)}${BEST}` } : { kind: "epoch", text };
    }),
  ];
}
