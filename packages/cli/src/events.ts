// What a command tells while it works: each event is one line of `--json`, and report-text.ts shows the same to people.

import type { BenchmarkResult, BenchmarkTurn, Comparison } from "@silhouette/bench";
import type {
  Copies,
  CopyGroup,
  EpochRecord,
  Estimate,
  Evaluation,
  Finding,
  LeftOut,
  Metrics,
  PrepareEvent,
  Skip,
  Split,
  StepReport,
} from "@silhouette/trainer";

/** Pictures by split, in the order of the labels. */
type Counts = Readonly<Record<Split, readonly number[]>>;

/** Everything that a command can tell. Fields are only ever added. */
export type CommandEvent =
  | {
      /** Pictures were found, and are opened now. */
      readonly event: "start";
      readonly command: "prepare" | "train" | "evaluate";
      readonly folder: string;
      /** Pictures found. */
      readonly total: number;
      readonly labels: readonly string[];
      /** `classes`: all splits are drawn; `splits`: folders give some. */
      readonly layout: "classes" | "splits";
      /** The splits that are drawn. */
      readonly drawn: readonly Split[];
    }
  | {
      /** What was decided about a folder that might have been meant otherwise. */
      readonly event: "note";
      readonly message: string;
    }
  | {
      /** What folders hold that is no picture, by kind. */
      readonly event: "leftOut";
      readonly leftOut: readonly LeftOut[];
    }
  | ({
      /** Pictures that are copies of others. */
      readonly event: "copies";
      /** Number of pictures that have copies. */
      readonly groups: number;
      /** Some of them: of several classes first, then of several splits. */
      readonly examples: readonly CopyGroup[];
    } & Omit<Copies, "groups">)
  | {
      /** Silhouettes that are all black or all white. */
      readonly event: "blank";
      /** Of their photographs. */
      readonly paths: readonly string[];
    }
  | ({ readonly event: "skip" } & Skip)
  | {
      readonly event: "progress";
      readonly done: number;
      readonly total: number;
      readonly picturesPerSecond: number;
      readonly secondsLeft: number;
    }
  | {
      /** What the network will see: a training picture of each class. */
      readonly event: "examples";
      /** `lines`: the silhouette as text, light as blocks. */
      readonly examples: readonly { readonly label: string; readonly lines: readonly string[] }[];
    }
  | {
      /** What will be trained. */
      readonly event: "plan";
      readonly run: string;
      readonly labels: readonly string[];
      readonly counts: Counts;
      readonly width: number;
      readonly height: number;
      readonly epochs: number;
      /** Epochs of a resumed run that are done. */
      readonly epochsDone: number;
      readonly batch: number;
      readonly seed: number;
      readonly backend: string;
      readonly kernelSet: string;
      readonly backendReason: string;
      readonly parameters: number;
      readonly stepsPerEpoch: number;
      /** Bytes that a step needs at most. */
      readonly memoryNeedBytes: number;
    }
  | ({ readonly event: "estimate" } & Estimate)
  | ({
      readonly event: "step";
      /** Of the whole training. */
      readonly secondsLeft: number;
    } & StepReport)
  | ({ readonly event: "epoch" } & EpochRecord)
  | { readonly event: "checkpoint"; readonly path: string; readonly epoch: number; readonly batchesDone: number }
  | {
      /** What computes, of commands without a plan. */
      readonly event: "backend";
      readonly backend: string;
      readonly kernelSet: string;
      readonly reason: string;
    }
  | {
      /** Which pictures are judged: the test split, all that the run has not learned from, or all. */
      readonly event: "pictures";
      readonly chosen: Evaluation["chosen"];
      /** Pictures that the run has learned from, left out unless they were asked for; null if it does not know them. */
      readonly learned: number | null;
      readonly learnedAreJudged: boolean;
      readonly total: number;
    }
  | { readonly event: "evaluated"; readonly done: number; readonly total: number }
  | {
      readonly event: "prediction";
      readonly path: string;
      /** The most probable first. */
      readonly classes: readonly { readonly label: string; readonly probability: number }[];
    }
  | ({
      /** Of `doctor`, which ends with exit code 3 if anything is missing. */
      readonly event: "finding";
    } & Finding)
  | {
      readonly event: "done";
      readonly command: "prepare";
      readonly out: string;
      /** Pictures in the dataset. */
      readonly rows: number;
      readonly width: number;
      readonly height: number;
      readonly bytes: number;
      readonly labels: readonly string[];
      readonly counts: Counts;
      readonly skipped: number;
      /** Files that are no pictures. */
      readonly otherFiles: number;
      readonly seconds: number;
      readonly picturesPerSecond: number;
    }
  | ({
      readonly event: "done";
      readonly command: "train";
      readonly run: string;
      /** Path of the sheet of predictions, a PNG. */
      readonly sheet: string;
      /** A command line that uses the run, quoted for a shell. */
      readonly next: string;
      /** The epoch whose model is in `model-best`. */
      readonly bestEpoch: number;
      readonly seconds: number;
      readonly peakMemoryBytes: number;
    } & Metrics)
  | ({
      readonly event: "done";
      readonly command: "evaluate";
      readonly run: string;
      readonly chosen: Evaluation["chosen"];
      readonly learned: number | null;
      readonly seconds: number;
    } & Metrics)
  | {
      /** A part of a benchmark's report, for people. */
      readonly event: "benchText";
      readonly text: string;
    }
  | ({
      /** Before each turn of a benchmark. */
      readonly event: "benchTurn";
    } & BenchmarkTurn)
  | {
      readonly event: "done";
      readonly command: "bench";
      /** Of a suite. */
      readonly result?: BenchmarkResult;
      /** Folder that has the files of the result. */
      readonly out?: string;
      /** Of two results. */
      readonly comparisons?: readonly Comparison[];
    }
  | {
      readonly event: "done";
      readonly command: "predict";
      readonly run: string;
      readonly pictures: number;
      readonly skipped: number;
    }
  | ({
      readonly event: "done";
      readonly command: "doctor";
    } & Readonly<Record<Finding["state"], number>>)
  | {
      readonly event: "error";
      readonly code: string;
      readonly message: string;
      /** What to do next. */
      readonly hint: string;
      /** Where it happened, if it is a defect. */
      readonly stack?: string;
    };

/** Takes events; a command knows no more of the terminal than this. */
export type Report = (event: CommandEvent) => void;

/** Tells of the preparation that several commands begin with. */
export function reportPreparation(
  event: PrepareEvent,
  {
    command,
    folder,
    report,
    secondsSoFar,
  }: {
    readonly command: "prepare" | "train" | "evaluate";
    readonly folder: string;
    readonly report: Report;
    readonly secondsSoFar: () => number;
  },
): void {
  switch (event.kind) {
    case "prepareStart": {
      const { photographs, labels, layout, drawn, notes, leftOut } = event.discovery;
      report({ event: "start", command, folder, total: photographs.length, labels, layout, drawn });
      for (const message of notes) report({ event: "note", message });
      if (leftOut.length > 0) report({ event: "leftOut", leftOut });
      return;
    }
    case "prepareSkip":
      report({ event: "skip", ...event.skip });
      return;
    case "prepareCopies":
      report(copiesEvent(event.copies));
      return;
    case "prepareBlank":
      report({ event: "blank", paths: event.paths });
      return;
    case "prepareProgress": {
      const { done, total } = event;
      const picturesPerSecond = done / secondsSoFar();
      report({ event: "progress", done, total, picturesPerSecond, secondsLeft: (total - done) / picturesPerSecond });
    }
  }
}

/** Number of files that are no pictures. */
export function otherFiles(leftOut: readonly LeftOut[]): number {
  return leftOut.reduce((total, { kind, count }) => (kind === "file" ? total + count : total), 0);
}

/** Groups of copies that are shown. */
const SHOWN_GROUPS = 20;

function copiesEvent({ groups, ...counts }: Copies): CommandEvent {
  const weightOf = ({ labels, splits }: CopyGroup): number => (labels.length > 1 ? 2 : 0) + (splits.length > 1 ? 1 : 0);
  const examples = groups.toSorted((one, other) => weightOf(other) - weightOf(one)).slice(0, SHOWN_GROUPS);
  return { event: "copies", ...counts, groups: groups.length, examples };
}
