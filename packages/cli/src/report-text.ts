// Events for people: progress and errors on stderr, results on stdout.

import type { Finding, Metrics, Skip } from "@silhouette/trainer";
import { SPLITS, type Split } from "@silhouette/trainer/light";
import Table from "cli-table3";

import type { CommandEvent, Report } from "./events.ts";
import { printable } from "./printable.ts";
import { duration, progressOn, type Progress } from "./progress.ts";

type Event<Name extends CommandEvent["event"]> = Extract<CommandEvent, { event: Name }>;
type Done<Command extends string> = Extract<Event<"done">, { command: Command }>;

/** A report for one run of a command. */
export function reportText(): Report {
  const skips: Skip[] = [];
  let progress: Progress | undefined;
  let plan: Event<"plan"> | undefined;
  let picturesDone = 0;
  /** Ends what moves, before anything else is written. */
  const settle = (): void => {
    progress?.stop();
    progress = undefined;
    tellSkips(skips.splice(0));
  };
  return (event) => {
    switch (event.event) {
      case "start":
        process.stderr.write(
          printable(
            `${event.total} pictures of ${event.labels.join(", ")} in ${event.folder}, ` +
              `split by ${event.layout === "splits" ? "their folders" : "a hash of their paths"}`,
          ) + "\n",
        );
        progress = progressOn(process.stderr, event.total);
        return;
      case "skip":
        skips.push(event);
        return;
      case "progress":
        progress?.update(
          event.done,
          `${Math.round(event.picturesPerSecond)} a second, ${duration(event.secondsLeft)} left`,
        );
        return;
      case "examples":
        settle();
        if (process.stderr.isTTY) process.stderr.write(seen(event.examples, process.stderr.columns));
        return;
      case "plan":
        settle();
        plan = event;
        process.stderr.write(planned(event));
        return;
      case "estimate":
        process.stderr.write(estimated(event));
        return;
      case "step":
        if (plan === undefined) return;
        if (progress === undefined) {
          picturesDone = (event.step - 1) * plan.batch;
          progress = progressOn(process.stderr, sum(plan.counts.train), `Epoch ${event.epoch} of ${plan.epochs}: `);
        }
        picturesDone += event.pictures;
        progress.update(
          picturesDone,
          `loss ${event.loss.toFixed(3)}, ${percent(event.accuracy)} right, ${duration(event.secondsLeft)} left`,
        );
        return;
      case "epoch":
        settle();
        process.stderr.write(epochLine(event, plan?.epochs ?? event.epoch));
        return;
      case "checkpoint":
        settle();
        return;
      case "backend":
        process.stderr.write(computesOn(event));
        return;
      case "pictures":
        settle();
        process.stderr.write(chosenPictures(event));
        progress = progressOn(process.stderr, event.total);
        return;
      case "evaluated":
        progress?.update(event.done, "answers");
        return;
      case "prediction":
        tellSkips(skips.splice(0));
        process.stdout.write(
          printable(
            `${event.path}: ${event.classes.map(({ label, probability }) => `${label} ${percent(probability)}`).join(", ")}`,
          ) + "\n",
        );
        return;
      case "benchText":
        settle();
        process.stdout.write(`${event.text}\n`);
        return;
      case "benchTurn":
        progress ??= progressOn(process.stderr, event.total, "", "turns");
        progress.update(event.done, event.name);
        return;
      case "finding":
        process.stdout.write(findingLines(event));
        return;
      case "done":
        settle();
        process.stdout.write(summary(event));
        return;
      case "error":
        settle();
        process.stderr.write(`Error: ${printable(event.message)} [${event.code}]\n${printable(event.hint)}\n`);
        if (event.stack !== undefined) process.stderr.write(`${event.stack}\n`);
        return;
    }
  };
}

function tellSkips(skips: readonly Skip[]): void {
  for (const { path, code, message } of skips) {
    process.stderr.write(`${printable(`Skipped ${path}: it ${message} [${code}]`)}\n`);
  }
}

function summary(done: Event<"done">): string {
  switch (done.command) {
    case "prepare":
      return prepared(done);
    case "train":
      return [
        answersTable(done),
        `${verdict(done)}\n`,
        `${printable(done.run)}: model (and model-best, of epoch ${done.bestEpoch}), history, metrics, predictions.csv; ${duration(done.seconds)}, ${(done.peakMemoryBytes / 1e9).toFixed(1)} GB at most\n`,
        `Right and wrong answers: ${printable(done.sheet)}\n`,
        `Try it: silhouette predict ${printable(done.run)} IMAGE\n`,
      ].join("");
    case "evaluate":
      return [answersTable(done), `${verdict(done)}\n`].join("");
    case "bench":
      return done.out === undefined ? "" : `\n${printable(done.out)}: JSON, table and chart\n`;
    case "doctor":
      return diagnosis(done);
    default:
      return "";
  }
}

/** Silhouettes side by side, as many as fit. */
function seen(examples: Event<"examples">["examples"], columns: number): string {
  const width = examples[0]?.lines[0]?.length ?? 0;
  const shown = examples.slice(0, Math.floor((columns - 1) / (width + 2)));
  if (shown.length === 0) return "";
  const named = shown.map(({ label, lines }) => [...lines, printable(label).slice(0, width).padEnd(width)]);
  const rows = named[0]?.map((_, row) => named.map((lines) => `  ${lines[row] ?? ""}`).join("")) ?? [];
  return ["", "What the network sees, light as blocks:", ...rows, ""].join("\n") + "\n";
}

/** What stands before a finding. */
const MARKS = { ready: "✓", limited: "!", missing: "✗" } as const;

function findingLines(finding: Finding): string {
  const { subject, state, found } = finding;
  const lines = [`${MARKS[state]} ${subject}: ${found}`];
  if (finding.state !== "ready") lines.push(`  needed for ${finding.neededFor}`, `  ${finding.remedy}`);
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function diagnosis({ ready, limited, missing }: Done<"doctor">): string {
  const less = limited > 0 ? `, ${limited} limited (${MARKS.limited})` : "";
  return missing > 0
    ? `${missing} of ${ready + limited + missing} missing (${MARKS.missing})${less}. When that is mended: silhouette doctor\n`
    : `Everything is there${less}. Next: silhouette train FOLDER\n`;
}

function planned(plan: Event<"plan">): string {
  const { counts, labels, width, height, epochs, epochsDone, batch, stepsAnEpoch, seed } = plan;
  const classes = labels.map((label, index) => `${label} ${oneHot(index, labels.length)}`).join(", ");
  return [
    `${sum(counts.train)} pictures to learn from, ${sum(counts.val)} to validate, ${sum(counts.test)} to test: ${printable(classes)}`,
    `${plan.parameters.toLocaleString("en")} parameters at ${width} x ${height}; ${stepsAnEpoch} steps of ${batch} pictures an epoch; seed ${seed}`,
    `${computesOn({ ...plan, reason: plan.backendReason }).trimEnd()} Needs up to ${(plan.memoryNeed / 1e9).toFixed(1)} GB`,
    ...(epochsDone > 0 ? [`Goes on after epoch ${epochsDone} of ${epochs}`] : []),
    "",
  ].join("\n");
}

/** What stands for each choice of pictures. */
const CHOSEN = {
  test: "test pictures",
  unseen: "pictures that the run has not learned from",
  all: "pictures, all that there are",
} as const;

function chosenPictures({ chosen, learned, learnedAreJudged, total }: Event<"pictures">): string {
  const known =
    learned === null
      ? "The run does not record what it has learned from: some of these pictures may be among them\n"
      : learned > 0
        ? `${learned} that the run has learned from ${learnedAreJudged ? "are among them" : "are left out"}\n`
        : "";
  return `${total} ${CHOSEN[chosen]}\n${known}`;
}

function computesOn({
  backend,
  kernelSet,
  reason,
}: Pick<Event<"backend">, "backend" | "kernelSet" | "reason">): string {
  return printable(`Computes on ${backend} (${kernelSet}): ${reason}`) + "\n";
}

function oneHot(index: number, length: number): string {
  // Long vectors say less than a number.
  if (length > 8) return `= ${index}`;
  return `[${Array.from({ length }, (_, place) => (place === index ? 1 : 0)).join(",")}]`;
}

function estimated({ stepSeconds, epochSeconds, totalSeconds, sizeForTenMinutes }: Event<"estimate">): string {
  const advice = sizeForTenMinutes === undefined ? "" : `; --size ${sizeForTenMinutes} would take about ten minutes`;
  return `About ${duration(totalSeconds)}: ${stepSeconds.toFixed(1)} s a step, ${duration(epochSeconds)} an epoch${advice}\n`;
}

function epochLine({ epoch, loss, accuracy, valLoss, valAccuracy, seconds }: Event<"epoch">, epochs: number): string {
  const validation =
    valLoss === null || valAccuracy === null
      ? ""
      : `; validation loss ${valLoss.toFixed(3)}, ${percent(valAccuracy)} right`;
  return `Epoch ${epoch} of ${epochs}: loss ${loss.toFixed(3)}, ${percent(accuracy)} right${validation}; ${duration(seconds)}\n`;
}

/** A row for each class as it is, a column for each as it was answered. */
function answersTable({ labels, confusion, perClass }: Metrics): string {
  const columns = process.stdout.columns ?? Infinity;
  const table = new Table({
    head: ["", ...labels.map(printable), "right"],
    colAligns: ["left", ...labels.map(() => "right" as const), "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const [index, label] of labels.entries()) {
    const recall = perClass[index]?.recall ?? null;
    table.push([printable(label), ...(confusion[index] ?? []).map(String), recall === null ? "-" : percent(recall)]);
  }
  const drawn = table.toString();
  const width = drawn.indexOf("\n");
  if (width > columns) return answersList({ labels, confusion });
  return `Rows: what they are. Columns: what they were taken for.\n${drawn}\n`;
}

/** The same where a table is too wide: a line for each class. */
function answersList({ labels, confusion }: Pick<Metrics, "labels" | "confusion">): string {
  return labels
    .map((label, index) => {
      const row = confusion[index] ?? [];
      const taken = labels.flatMap((other, place) =>
        place !== index && (row[place] ?? 0) > 0 ? [`${row[place]} taken for ${other}`] : [],
      );
      return `${printable([`${label}: ${row[index] ?? 0} of ${sum(row)} right`, ...taken].join(", "))}\n`;
    })
    .join("");
}

function verdict({ right, wrong, accuracy, interval95: [low, high] }: Metrics): string {
  const share = accuracy === null ? "" : `: ${percent(accuracy)} (95 % interval ${percent(low)} to ${percent(high)})`;
  return `${right} right, ${wrong} wrong${share}`;
}

function prepared(done: Done<"prepare">): string {
  const table = new Table({
    head: ["", ...SPLITS],
    colAligns: ["left", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  const count = (split: Split, index: number): number => done.counts[split][index] ?? 0;
  for (const [index, label] of done.labels.entries()) {
    table.push([printable(label), ...SPLITS.map((split) => String(count(split, index)))]);
  }
  const left = [
    ...(done.skipped > 0 ? [`${done.skipped} skipped`] : []),
    ...(done.otherFiles > 0
      ? [`${done.otherFiles} other ${done.otherFiles === 1 ? "file" : "files"} not looked at`]
      : []),
  ];
  const untrained = done.labels.filter((_, index) => count("train", index) === 0);
  return [
    table.toString(),
    printable(
      `${done.out}: ${done.rows} pictures of ${done.width} x ${done.height}, ${(done.bytes / 1e6).toFixed(1)} MB`,
    ),
    `${done.seconds.toFixed(1)} s, ${Math.round(done.picturesPerSecond)} pictures a second${left.length > 0 ? `; ${left.join(", ")}` : ""}`,
    ...(untrained.length > 0 ? [`No picture of ${printable(untrained.join(", "))} is in train: add some`] : []),
    "",
  ].join("\n");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
