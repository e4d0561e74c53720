// What a command reports: each event is one line of `--json`, and text/ shows the same to people.

import type { BenchmarkPlan, BenchmarkResult, BenchmarkTurn, Comparison, Suite } from "@silhouette/bench";
import type { ReportEvent } from "@silhouette/report";
import type {
  CrossValidateEvent,
  EvaluateEvent,
  Evaluation,
  ExportFormat,
  FindLearningRateEvent,
  Finding,
  InputKind,
  InspectEvent,
  IssueKind,
  FoldResult,
  LearningRate,
  Metrics,
  PixelFormat,
  PredictEvent,
  Prediction,
  RunComparison,
  RunSummary,
  Split,
  TrainEvent,
  UnreadableRun,
  WrittenFile,
} from "@silhouette/trainer";

import type { UnknownVariable } from "../configuration/unknown-variables.ts";

/** Pictures per split and class, in the order of the labels. */
export type Counts = Readonly<Record<Split, readonly number[]>>;

/** Everything that a command reports: the library's events, and its own. Fields are only ever added. */
export type CommandEvent =
  | TrainEvent
  | CrossValidateEvent
  | FindLearningRateEvent
  | EvaluateEvent
  | PredictEvent
  | ReportEvent
  | Prediction
  | InspectEvent
  | {
      /** From `train` and `crossvalidate`, if settings are from a configuration file. */
      readonly type: "configuration";
      /** Its path. */
      readonly file: string;
    }
  | ({
      /** From `doctor`, which ends with exit code 3 if anything is missing. */
      readonly type: "finding";
    } & Finding)
  | {
      readonly type: "done";
      readonly command: "prepare";
      readonly out: string;
      /** Number of pictures in the dataset. */
      readonly rows: number;
      readonly width: number;
      readonly height: number;
      readonly pixelFormat: PixelFormat;
      readonly bytes: number;
      /** Number of shards with pictures; null for a dataset of one file. */
      readonly shards: number | null;
      readonly labels: readonly string[];
      readonly counts: Counts;
      readonly skipped: number;
      /** Number of files that are not pictures. */
      readonly otherFiles: number;
      readonly seconds: number;
      readonly picturesPerSecond: number;
    }
  | ({
      readonly type: "done";
      readonly command: "train";
      readonly run: string;
      /** Path of the sheet of predictions, a PNG. */
      readonly sheet: string;
      /** Path of the report, an HTML page; null if it could not be written. */
      readonly page: string | null;
      /** A command line that uses the run, quoted for a shell. */
      readonly next: string;
      /** The epoch whose model is in `model-best`. */
      readonly bestEpoch: number;
      readonly seconds: number;
      readonly peakMemoryBytes: number;
      readonly isDryRun?: undefined;
    } & Metrics)
  | {
      readonly type: "done";
      readonly command: "train";
      readonly run: string;
      /** Nothing was trained or written. */
      readonly isDryRun: true;
    }
  | {
      /** From `train`: the run is complete, but its report could not be written. */
      readonly type: "reportFailed";
      readonly code: string;
      readonly message: string;
      /** What to do next. */
      readonly hint: string;
    }
  | {
      readonly type: "done";
      readonly command: "report";
      readonly runs: readonly string[];
      /** Path of the page. */
      readonly out: string;
    }
  | {
      /** From `demo`, before its training. */
      readonly type: "drawn";
      /** The folder of the pictures. */
      readonly photos: string;
      /** Number of drawings that they show. */
      readonly drawings: number;
      /** Number of pictures. */
      readonly pictures: Readonly<Record<Split, number>>;
    }
  | {
      readonly type: "done";
      readonly command: "demo";
      readonly photos: string;
      readonly run: string;
      /** What to do next: what for, and a command line, quoted for a shell. */
      readonly next: readonly { readonly purpose: string; readonly command: string }[];
    }
  | {
      /** From `studio`, once it can be opened. */
      readonly type: "serving";
      /** Its address. */
      readonly url: string;
    }
  | {
      readonly type: "done";
      readonly command: "studio";
      readonly url: string;
    }
  | ({
      readonly type: "done";
      readonly command: "compare";
      readonly first: string;
      readonly second: string;
    } & RunComparison)
  | ({
      /** From `runs`, for each. */
      readonly type: "run";
    } & (RunSummary | UnreadableRun))
  | {
      readonly type: "done";
      readonly command: "runs";
      /** What was listed: runs, and folders of runs. */
      readonly paths: readonly string[];
      readonly runs: number;
      /** Whether the runs themselves were named, and are shown by what differs. */
      readonly areCompared: boolean;
    }
  | ({
      readonly type: "done";
      readonly command: "crossvalidate";
      /** The folder with the results. */
      readonly out: string;
      readonly folds: readonly FoldResult[];
      readonly seconds: number;
    } & Metrics)
  | {
      readonly type: "done";
      readonly command: "lr-find";
      /** The folder with plot and table. */
      readonly out: string;
      /** The suggested rate; null if the loss never fell. */
      readonly suggestion: number | null;
      /** The recipe's learning rate. */
      readonly learningRate: LearningRate;
      /** Number of steps. */
      readonly steps: number;
      readonly seconds: number;
    }
  | ({
      readonly type: "done";
      readonly command: "evaluate";
      readonly run: string;
      readonly chosen: Evaluation["chosen"];
      readonly learned: number;
      readonly seconds: number;
    } & Metrics)
  | {
      readonly type: "done";
      readonly command: "inspect";
      readonly source: string;
      /** Number of pictures that were looked at. */
      readonly pictures: number;
      /** Number of pictures with a prediction in the run; null without one. */
      readonly predicted: number | null;
      /** Number of issues by kind; kinds without any are absent. */
      readonly issues: Readonly<Partial<Record<IssueKind, number>>>;
      /** The list of files to leave out, and their number; null if none was written. */
      readonly fix: { readonly path: string; readonly files: number } | null;
      /** The page; null if none was written. */
      readonly out: string | null;
      /** What to do next: a sentence before a colon, and a command line, quoted for a shell. */
      readonly advice: { readonly sentence: string; readonly command: string };
      readonly seconds: number;
    }
  | {
      /** Part of a benchmark's report, for people. */
      readonly type: "benchText";
      readonly text: string;
    }
  | ({
      /** Before a benchmark begins; and again once it is known which peers are missing, if answers are checked first. */
      readonly type: "benchPlan";
      readonly suite: Suite;
    } & BenchmarkPlan)
  | ({
      /** Before each turn of a benchmark. */
      readonly type: "benchTurn";
    } & BenchmarkTurn)
  | {
      readonly type: "done";
      readonly command: "bench";
      /** The result of a suite. */
      readonly result?: BenchmarkResult;
      /** The folder with the files of the result. */
      readonly out?: string;
      /** The page of all results in a folder. */
      readonly page?: string;
      /** The comparisons of two results. */
      readonly comparisons?: readonly Comparison[];
    }
  | {
      readonly type: "done";
      readonly command: "predict";
      readonly run: string;
      readonly pictures: number;
      readonly skipped: number;
    }
  | {
      readonly type: "done";
      readonly command: "export";
      readonly run: string;
      readonly format: ExportFormat | "html";
      /** What was written, or is there with the same content. */
      readonly files: readonly WrittenFile[];
    }
  | {
      readonly type: "done";
      readonly command: "import";
      readonly run: string;
      /** The file of the model. */
      readonly model: string;
      /** The library that saved it. */
      readonly library: string;
      readonly labels: readonly string[];
      /** Size to which pictures are resized, in pixels. */
      readonly width: number;
      readonly height: number;
      /** What the network sees of them. */
      readonly input: InputKind;
      readonly parameters: number;
    }
  | ({
      readonly type: "done";
      readonly command: "doctor";
    } & Readonly<Record<Finding["state"], number>>)
  | ({
      /** Before the work of any command, for an environment variable that is named like a setting and sets nothing. */
      readonly type: "unknownVariable";
    } & UnknownVariable)
  | {
      /** From `train`, after a signal, if the checkpoint takes a while. */
      readonly type: "stopping";
    }
  | {
      readonly type: "error";
      readonly code: string;
      readonly message: string;
      /** What to do next. */
      readonly hint: string;
      /** Where it happened, if it is a defect. */
      readonly stack?: string;
    };

/** Takes the events of a run; a command knows nothing more of terminal and format. */
export type Report = (event: CommandEvent) => void;

/** The events of one type. */
export type Event<Type extends CommandEvent["type"]> = Extract<CommandEvent, { readonly type: Type }>;

/** The last event of a command that succeeds. */
export type Done<Command extends Event<"done">["command"]> = Extract<Event<"done">, { readonly command: Command }>;
