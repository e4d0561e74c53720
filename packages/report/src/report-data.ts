// What a report page shows, as plain JSON: assembled in Node.js from run folders and datasets, or live in a page; drawn by the views.
// Pictures are URLs, `data:` in a file. All texts are shown as they are: views treat them as text, never as markup.

import type { EpochRecord, Metrics, RunComparison, Split } from "@silhouette/trainer";

/** What a page shows: one run, several runs on the same pictures, or a dataset before training. */
export type ReportData = RunReport | ComparisonReport | InspectionReport;

/** A run: what it was trained on, how well it classifies, and its mistakes. */
export interface RunReport {
  /** Tells the kinds of reports apart. */
  readonly kind: "run";
  /** The run, as people call it: the name of its folder. */
  readonly name: string;
  /** When the report was made, ISO 8601 in UTC. */
  readonly created: string;
  /** Version of Silhouette that made it. */
  readonly version: string;
  /** One sentence on what to do next. */
  readonly advice: string;
  /** What was run, on what. */
  readonly training: TrainingFacts;
  /** One record per completed epoch. */
  readonly history: readonly EpochRecord[];
  /** Number of the epoch with the lowest validation loss, from 1; null without epochs. */
  readonly bestEpoch: number | null;
  /** Result of the test; null if the training was stopped before it. */
  readonly test: TestReport | null;
}

/** What was run, on what. */
export interface TrainingFacts {
  /** Folder or dataset file. */
  readonly source: string;
  /** Names of the classes. */
  readonly labels: readonly string[];
  /** Pictures per split and class, in the order of the labels. */
  readonly counts: Readonly<Record<Split, readonly number[]>>;
  /** Width and height of what the network sees, in pixels. */
  readonly size: {
    /** In pixels. */
    readonly width: number;
    /** In pixels. */
    readonly height: number;
  };
  /** Recipe, network, input, epochs, batch, seed, kernels and the like, in the order in which they are shown. */
  readonly settings: readonly Setting[];
  /** The command that repeats the run; null if its model was imported. */
  readonly command: string | null;
  /** Duration of all epochs, in seconds. */
  readonly seconds: number;
}

/** A setting and its value, for people. */
export interface Setting {
  /** What is set. */
  readonly name: string;
  /** What it is set to. */
  readonly value: string;
}

/** How well the network classifies the test pictures. */
export interface TestReport {
  /** Accuracy, confusion matrix, and metrics per class. */
  readonly metrics: Metrics;
  /** Whether probabilities can be believed. */
  readonly calibration: CalibrationReport;
  /**
   * Pictures to show: all incorrect ones if they are few, or the most confident of each cell of the confusion matrix. In the order of the
   * dataset.
   */
  readonly pictures: readonly ReportPicture[];
  /** Why pictures, or where the network looked, are not shown, as sentences; null if nothing is missing. */
  readonly missing: string | null;
}

/** How probable the answers were, and how often they were correct: a reliability diagram. */
export interface CalibrationReport {
  /** Answers by their probability, in ten equal steps; empty ones have no pictures. */
  readonly bins: readonly CalibrationBin[];
  /** Expected calibration error, 0 to 1 (Naeini et al. 2015): mean of |accuracy - mean probability|, weighted by pictures. */
  readonly error: number;
  /** Temperature that the model's probabilities are corrected by; null if they are not, `unknown` if the model cannot be loaded. */
  readonly temperature: number | "unknown" | null;
}

/** Answers of similar probability. */
export interface CalibrationBin {
  /** Probabilities: above `from`, up to `to`. */
  readonly from: number;
  /** End of the range. */
  readonly to: number;
  /** Number of answers. */
  readonly pictures: number;
  /** Number of correct ones. */
  readonly correct: number;
  /** Mean probability of the predicted class; null without pictures. */
  readonly probability: number | null;
}

/** A test picture and its prediction. */
export interface ReportPicture {
  /** Path relative to the source, with `/`. */
  readonly path: string;
  /** Index of the actual class in the labels. */
  readonly actual: number;
  /** Index of the predicted class. */
  readonly predicted: number;
  /** Probability of each class, in the order of the labels. */
  readonly probabilities: readonly number[];
  /** Whether the model calls it "none of these"; false if it cannot be loaded. */
  readonly isNone: boolean;
  /** URL of a thumbnail of the photograph; null if none was kept. */
  readonly photograph: string | null;
  /** URL of the picture in black and white. */
  readonly silhouette: string;
  /** URL of a partly transparent map of where the network found its answer, over the whole picture; null if there is none. */
  readonly attention: string | null;
  /** Otsu's threshold, 0 to 255. */
  readonly threshold: number;
  /** Otsu's separability of the gray levels, 0 to 1: between-class variance as a share of the total; null if unknown. */
  readonly separability: number | null;
  /** What an incorrect answer is due to; null for correct ones. */
  readonly blame: Blame | null;
}

/** What an incorrect answer is due to. */
export type Blame =
  | {
      /** A mask that hardly shows the object. */
      readonly what: "mask";
      /**
       * It is nearly all of one tone (`blank`), object and background have similar gray levels (`levels`), or too much of it is in small
       * regions (`fragments`).
       */
      readonly because: "blank" | "levels" | "fragments";
    }
  | {
      /** The network, since the mask shows the object. */
      readonly what: "network";
    };

/** Two or more runs, compared on the test pictures that they share. */
export interface ComparisonReport {
  /** Tells the kinds of reports apart. */
  readonly kind: "comparison";
  /** When the report was made, ISO 8601 in UTC. */
  readonly created: string;
  /** Version of Silhouette that made it. */
  readonly version: string;
  /** One sentence on the result. */
  readonly advice: string;
  /** The runs, in the order that was asked for. */
  readonly runs: readonly RunReport[];
  /** A paired test for each run after the first, against the first; null where test pictures differ. */
  readonly pairs: readonly (RunComparison | null)[];
}

/** A dataset, and what may be wrong with it. */
export interface InspectionReport {
  /** Tells the kinds of reports apart. */
  readonly kind: "inspection";
  /** When the report was made, ISO 8601 in UTC. */
  readonly created: string;
  /** Version of Silhouette that made it. */
  readonly version: string;
  /** Folder or dataset file. */
  readonly source: string;
  /** One sentence on what to do next. */
  readonly advice: string;
  /** Names of the classes. */
  readonly labels: readonly string[];
  /** Pictures per split and class, in the order of the labels. */
  readonly counts: Readonly<Record<Split, readonly number[]>>;
  /** What was found, the most serious first; empty if nothing was. */
  readonly findings: readonly FindingGroup[];
}

/** Findings of one kind. */
export interface FindingGroup {
  /** For people, such as "Copies across splits". */
  readonly title: string;
  /** Whether results will be wrong because of it, or it is worth a look. */
  readonly severity: "error" | "warning";
  /** What it means, and what helps: a sentence or two. */
  readonly explanation: string;
  /** How many were found; `examples` may be fewer. */
  readonly total: number;
  /** One per finding. */
  readonly examples: readonly FindingExample[];
}

/** One finding: pictures, and what is remarkable about them. */
export interface FindingExample {
  /** What is remarkable about them, in a few words. */
  readonly note: string;
  /** One picture, or several that are copies of each other; none if a file cannot be read. */
  readonly pictures: readonly InspectedPicture[];
}

/** A picture of a finding. */
export interface InspectedPicture {
  /** Path relative to the source, with `/`. */
  readonly path: string;
  /** Name of its class. */
  readonly label: string;
  /** Name of its split. */
  readonly split: string;
  /** URL of a thumbnail of the photograph; null if there is none. */
  readonly photograph: string | null;
  /** URL of the picture in black and white; null if there is none. */
  readonly silhouette: string | null;
}
