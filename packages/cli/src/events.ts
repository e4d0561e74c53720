// What a command tells while it works: each event is one line of `--json`, and report-text.ts shows the same to people.

import type { Skip } from "@silhouette/trainer";

/** Everything that a command can tell. Fields are only ever added. */
export type CommandEvent =
  | {
      readonly event: "start";
      readonly command: "prepare";
      readonly folder: string;
      /** Pictures found. */
      readonly total: number;
      readonly labels: readonly string[];
      /** `classes`: split by hash; `splits`: split by folders. */
      readonly layout: "classes" | "splits";
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
      readonly event: "done";
      readonly out: string;
      /** Pictures in the dataset. */
      readonly rows: number;
      readonly width: number;
      readonly height: number;
      readonly bytes: number;
      readonly labels: readonly string[];
      /** Pictures by split, in the order of the labels. */
      readonly counts: Readonly<Record<"train" | "val" | "test", readonly number[]>>;
      readonly skipped: number;
      /** Files that are no pictures by their endings. */
      readonly otherFiles: number;
      readonly seconds: number;
      readonly picturesPerSecond: number;
    }
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

/** One JSON object a line on stdout. */
export const reportJson: Report = (event) => {
  process.stdout.write(`${JSON.stringify(event)}\n`);
};
