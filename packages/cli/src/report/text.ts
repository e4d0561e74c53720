// Events for people: progress and errors on stderr, results on stdout.

import type { BackendFacts, Finding, Metrics, Skip } from "@silhouette/trainer";
import { SPLITS, type Split } from "@silhouette/trainer/light";
import Table from "cli-table3";
import stringWidth from "fast-string-width";

import { commandLine } from "../command-line/called-as.ts";
import type { CommandEvent, Report } from "./events.ts";
import { printable } from "@silhouette/report/printable";
import { duration, progressOn, type Progress } from "./progress.ts";
import { columnsOf, shortened, wrapped } from "./wrapped.ts";

/** What is going on. */
const tell = (text: string): void => void process.stderr.write(wrapped(text, process.stderr));

/** What was asked for. */
const answer = (text: string): void => void process.stdout.write(wrapped(text, process.stdout));

type Event<Name extends CommandEvent["type"]> = Extract<CommandEvent, { type: Name }>;
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
  return (event, draw) => {
    switch (event.type) {
      case "start":
        tell(
          printable(
            `${event.total} pictures of ${event.labels.join(", ")} in ${event.folder}, ` +
              `split by ${event.layout === "splits" ? "their folders" : "class"}`,
          ) + "\n",
        );
        for (const note of event.notes) process.stderr.write(`${printable(note)}\n`);
        if (event.leftOut.length > 0) process.stderr.write(`${printable(leftOutLine(event.leftOut))}\n`);
        return;
      case "leftOut":
        process.stderr.write(`${printable(leftOutLine(event.leftOut))}\n`);
        return;
      case "copies":
        settle();
        process.stderr.write(copiesLines(event));
        return;
      case "blank":
        settle();
        process.stderr.write(printable(blankLine(event.paths)) + "\n");
        return;
      case "skip":
        skips.push(event);
        return;
      case "progress":
        progress ??= progressOn(process.stderr, event.total);
        progress.update(
          event.done,
          `${Math.round(event.picturesPerSecond)} a second, ${duration(event.secondsLeft)} left`,
        );
        return;
      case "examples":
        settle();
        if (process.stderr.isTTY && plan !== undefined && draw !== undefined) {
          const { dataset } = plan.config;
          const silhouettes = event.examples.map(({ label, pixels }) => ({ label, lines: draw(pixels, dataset) }));
          process.stderr.write(seen(silhouettes, process.stderr.columns));
        }
        return;
      case "plan":
        settle();
        plan = event;
        tell(planned(event));
        return;
      case "estimate":
        tell(estimated(event));
        return;
      case "step":
        if (plan === undefined) return;
        if (progress === undefined) {
          picturesDone = (event.step - 1) * plan.config.batch;
          progress = progressOn(
            process.stderr,
            sum(plan.config.counts.train),
            `Epoch ${event.epoch} of ${plan.config.epochs}: `,
          );
        }
        picturesDone += event.pictures;
        progress.update(
          picturesDone,
          `loss ${event.loss.toFixed(3)}, ${percent(event.accuracy)} right, ${duration(event.secondsLeft)} left`,
        );
        return;
      case "epoch":
        settle();
        tell(epochLine(event, plan?.config.epochs ?? event.epoch));
        return;
      case "checkpoint":
        settle();
        return;
      case "backend":
        tell(computesOn(event));
        return;
      case "pictures":
        settle();
        tell(chosenPictures(event));
        progress = progressOn(process.stderr, event.total);
        return;
      case "evaluated":
        progress?.update(event.done, "answers");
        return;
      case "prediction":
        tellSkips(skips.splice(0));
        answer(
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
        answer(findingLines(event));
        return;
      case "done":
        settle();
        process.stdout.write(summary(event));
        return;
      case "error":
        settle();
        tell(`Error: ${printable(event.message)} [${event.code}]\n`);
        process.stderr.write(`${hintLines(printable(event.hint))}\n`);
        if (event.stack !== undefined) process.stderr.write(`${stackLines(event.stack)}\n`);
        return;
    }
  };
}

/** A hint whose command line, if it ends with one, is not broken: it could not be pasted. */
function hintLines(hint: string): string {
  const columns = columnsOf(process.stderr) ?? Infinity;
  const place = hint.indexOf(commandLine([]));
  if (place <= 0 || stringWidth(hint) <= columns) return wrapped(hint, process.stderr);
  return `${wrapped(hint.slice(0, place).trimEnd(), process.stderr)}\n${hint.slice(place)}`;
}

/** A stack trace keeps its lines; messages in it may hold anything. */
function stackLines(stack: string): string {
  return stack.split("\n").map(printable).join("\n");
}

/** Skipped pictures that are named one by one if the reason is the same. */
const NAMED_SKIPS = 10;

function tellSkips(skips: readonly Skip[]): void {
  const paths = new Map<string, string[]>();
  for (const skip of skips) {
    const alike = paths.get(reasonOf(skip));
    if (alike === undefined) paths.set(reasonOf(skip), [skip.path]);
    else alike.push(skip.path);
  }
  for (const skip of skips) {
    const reason = reasonOf(skip);
    const alike = paths.get(reason) ?? [];
    if (alike.length <= NAMED_SKIPS) {
      tell(`${printable(`Skipped ${skip.path}: it ${reason}`)}\n`);
    } else if (skip.path === alike[0]) {
      const named = alike.slice(0, 3).join(", ");
      tell(`${printable(`Skipped ${alike.length} files, ${named} and others: each ${reason}`)}\n`);
    }
  }
}

function reasonOf({ message, code }: Skip): string {
  return `${message} [${code}]`;
}

/** What each kind of left-out things is called, for one and for several. */
const LEFT_OUT_NAMES = {
  file: ["file without an ending", "files without an ending"],
  hidden: ["hidden file or folder", "hidden files or folders"],
  system: ["file or folder of the system", "files or folders of the system"],
  run: ["run of silhouette", "runs of silhouette"],
  folder: ["folder beside the splits", "folders beside the splits"],
} as const;

function leftOutLine(leftOut: Event<"leftOut">["leftOut"]): string {
  const kinds = leftOut.map(({ kind, ending, count, example }) => {
    const [one, several] = ending === "" ? LEFT_OUT_NAMES[kind] : [`${ending} file`, `${ending} files`];
    return `${count} ${count === 1 ? one : several} (${example}${count === 1 ? "" : ", ..."})`;
  });
  return `Left out: ${kinds.join(", ")}`;
}

/** Blank silhouettes that are named one by one. */
const NAMED_BLANKS = 5;

function blankLine(paths: readonly string[]): string {
  const named = paths.slice(0, NAMED_BLANKS).join(", ");
  const more = paths.length > NAMED_BLANKS ? `, and ${paths.length - NAMED_BLANKS} more` : "";
  return paths.length === 1
    ? `1 silhouette is blank, all black or all white: ${named}`
    : `${paths.length} silhouettes are blank, all black or all white: ${named}${more}`;
}

function copiesLines({ exact, near, groups, acrossLabels, acrossSplits, examples }: Event<"copies">): string {
  const shown = (group: (typeof examples)[number] | undefined): string => group?.paths.slice(0, 2).join(" and ") ?? "";
  const [copies, originals] = [exact + near, groups];
  return [
    `${copies} ${copies === 1 ? "picture is a copy" : "pictures are copies"} of ${originals} ${originals === 1 ? "other" : "others"} ` +
      `(${exact} equal, ${near} in another quality or size), such as ${shown(examples.at(-1))}`,
    ...(acrossLabels > 0
      ? [
          `${acrossLabels} of them ${acrossLabels === 1 ? "has" : "have"} copies in another class, such as ` +
            `${shown(examples.find(({ labels }) => labels.length > 1))}: one of the classes is wrong`,
        ]
      : []),
    ...(acrossSplits > 0
      ? [
          `${acrossSplits} ${acrossSplits === 1 ? "picture" : "pictures"} for validation or the test ${acrossSplits === 1 ? "has a copy" : "have copies"} in an earlier split, ` +
            `such as ${shown(examples.find(({ splits }) => splits.length > 1))}: results will look better than they are`,
        ]
      : []),
  ]
    .map((line) => `${printable(line)}\n`)
    .join("");
}

/** Names of the classes without test pictures, as a line of its own, if there are any. */
function untested(labels: readonly string[], counts: Event<"plan">["config"]["counts"]): readonly string[] {
  const names = labels.filter((_, index) => (counts.test[index] ?? 0) === 0);
  if (names.length === 0) return [];
  const shown = names.length > 10 ? `${names.slice(0, 10).join(", ")} and ${names.length - 10} more` : names.join(", ");
  return [printable(`Not tested, since there are no test pictures of ${names.length === 1 ? "it" : "them"}: ${shown}`)];
}

function summary(done: Event<"done">): string {
  switch (done.command) {
    case "prepare":
      return prepared(done);
    case "train":
      return [
        answersTable(done),
        wrapped(`${verdict(done)}\n`, process.stdout),
        `${printable(done.run)}: model (and model-best, of epoch ${done.bestEpoch}), history, metrics, predictions.csv; ${duration(done.seconds)}, ${(done.peakMemoryBytes / 1e9).toFixed(1)} GB at most\n`,
        `Right and wrong answers: ${printable(done.sheet)}\n`,
        `Try it: ${printable(done.next)}\n`,
      ].join("");
    case "evaluate":
      return [answersTable(done), wrapped(`${verdict(done)}\n`, process.stdout)].join("");
    case "bench":
      return done.out === undefined ? "" : `\n${printable(done.out)}: JSON, table and chart\n`;
    case "doctor":
      return diagnosis(done);
    default:
      return "";
  }
}

/** Silhouettes side by side, as many as fit. */
function seen(
  examples: readonly { readonly label: string; readonly lines: readonly string[] }[],
  columns: number,
): string {
  const width = examples[0]?.lines[0]?.length ?? 0;
  const shown = examples.slice(0, Math.floor((columns - 1) / (width + 2)));
  if (shown.length === 0) return "";
  const named = shown.map(({ label, lines }) => [...lines, padded(shortened(printable(label), width), width)]);
  const rows = named[0]?.map((_, row) => named.map((lines) => `  ${lines[row] ?? ""}`).join("")) ?? [];
  return ["", "What the network sees, light as blocks:", ...rows, ""].join("\n") + "\n";
}

/** `text` and spaces, `columns` wide on a terminal. */
function padded(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - stringWidth(text)));
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
    ? `${missing} of ${ready + limited + missing} missing (${MARKS.missing})${less}. When that is mended: ${commandLine(["doctor"])}\n`
    : `Everything is there${less}. Next: ${commandLine(["train", "FOLDER"])}\n`;
}

function planned(plan: Event<"plan">): string {
  const { epochsDone, stepsPerEpoch } = plan;
  const { backend: name, kernelSet, counts, dataset, epochs, batch, seed } = plan.config;
  const { labels, width, height } = dataset;
  const classes = labels.map((label, index) => `${label} ${oneHot(index, labels.length)}`).join(", ");
  return [
    `${sum(counts.train)} pictures to learn from, ${sum(counts.val)} to validate, ${sum(counts.test)} to test: ${printable(classes)}`,
    `${plan.parameters.toLocaleString("en")} parameters at ${width} x ${height}; ${stepsPerEpoch} steps of ${batch} pictures an epoch; seed ${seed}`,
    `${computesOn({ name, kernelSet, reason: plan.backendReason }).trimEnd()} Needs up to ${(plan.memoryNeedBytes / 1e9).toFixed(1)} GB`,
    ...untested(labels, counts),
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

function chosenPictures({ chosen, learned, includeLearned, total }: Event<"pictures">): string {
  const known =
    learned === null
      ? "The run does not record what it has learned from: some of these pictures may be among them\n"
      : learned > 0
        ? `${learned} that the run has learned from ${includeLearned ? "are among them" : "are left out"}\n`
        : "";
  return `${total} ${CHOSEN[chosen]}\n${known}`;
}

function computesOn({ name, kernelSet, reason }: BackendFacts): string {
  return printable(`Computes on ${name} (${kernelSet}): ${reason}`) + "\n";
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
  // A terminal that does not know its width says 0.
  const columns = process.stdout.columns || Infinity;
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
  if (width > columns) return wrapped(answersList({ labels, confusion }), process.stdout);
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

function verdict({ correct, incorrect, accuracy, interval95: [low, high] }: Metrics): string {
  const share = accuracy === null ? "" : `: ${percent(accuracy)} (95 % interval ${percent(low)} to ${percent(high)})`;
  return `${correct} correct, ${incorrect} incorrect${share}`;
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
  const drawn = table.toString();
  const columns = process.stdout.columns || Infinity;
  const list = done.labels.map(
    (label, index) => `${printable(label)}: ${SPLITS.map((split) => `${count(split, index)} ${split}`).join(", ")}`,
  );
  const lines = [
    printable(
      `${done.out}: ${done.rows} pictures of ${done.width} x ${done.height}, ${(done.bytes / 1e6).toFixed(1)} MB`,
    ),
    `${done.seconds.toFixed(1)} s, ${Math.round(done.picturesPerSecond)} pictures a second${left.length > 0 ? `; ${left.join(", ")}` : ""}`,
    ...(untrained.length > 0 ? [`No picture of ${printable(untrained.join(", "))} is in train: add some`] : []),
    ...untested(done.labels, done.counts),
    "",
  ];
  const counts = drawn.indexOf("\n") > columns ? wrapped(list.join("\n"), process.stdout) : drawn;
  return `${counts}\n${wrapped(lines.join("\n"), process.stdout)}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
