// The suites, and what is shown of the result of each: on a terminal, as Markdown, and as rankings for charts and the page of
// results. In: a result. Out: text.

import { browsersRankings } from "./browsers/rankings.ts";
import {
  BROWSERS_TITLE,
  browsersEndText,
  browsersGroupText,
  browsersHeadText,
  browsersMarkdown,
} from "./browsers/report.ts";
import type { BrowsersResult } from "./browsers/result.ts";
import { convolutionsRankings } from "./convolutions/rankings.ts";
import {
  CONVOLUTIONS_TITLE,
  convolutionsHeadText,
  convolutionsMarkdown,
  convolutionsText,
  sumText,
} from "./convolutions/report.ts";
import type { ConvolutionsResult } from "./convolutions/result.ts";
import { rankingChart } from "./measure/chart.ts";
import type { Ranking } from "./measure/ranking.ts";
import { networksChartRankings, networksRankings } from "./networks/rankings.ts";
import {
  networkGroupText,
  NETWORKS_TITLE,
  networksEndText,
  networksHeadText,
  networksMarkdown,
} from "./networks/report.ts";
import type { NetworksResult } from "./networks/result.ts";
import { operationsChartRankings, operationsRankings } from "./operations/rankings.ts";
import {
  OPERATIONS_TITLE,
  operationsHeadText,
  operationsMarkdown,
  operationsTexts,
  slowestText,
} from "./operations/report.ts";
import type { OperationsResult } from "./operations/result.ts";
import { prepareRankings } from "./prepare/rankings.ts";
import { PREPARE_TITLE, prepareEndText, prepareHeadText, prepareMarkdown, prepareText } from "./prepare/report.ts";
import type { PrepareResult } from "./prepare/result.ts";
import { preprocessRankings } from "./preprocess/rankings.ts";
import {
  caseText,
  PREPROCESS_TITLE,
  preprocessEndText,
  preprocessHeadText,
  preprocessMarkdown,
} from "./preprocess/report.ts";
import type { PreprocessResult } from "./preprocess/result.ts";
import { trainingRankings } from "./training/rankings.ts";
import { endText, groupText, headText, titleOf, trainingMarkdown } from "./training/report.ts";
import type { TrainingResult } from "./training/result.ts";
import { TRAINING_SUITES } from "./training/turn.ts";

/** The suites. */
export const SUITES = [
  "preprocess",
  "prepare",
  ...TRAINING_SUITES,
  "convolutions",
  "operations",
  "networks",
  "browsers",
] as const;

/** A suite by its name. */
export type Suite = (typeof SUITES)[number];

/** The result of a suite. */
export type BenchmarkResult =
  | PreprocessResult
  | PrepareResult
  | TrainingResult
  | ConvolutionsResult
  | OperationsResult
  | NetworksResult
  | BrowsersResult;

/** What is shown of a suite's result. */
export interface SuiteReport<Result extends BenchmarkResult> {
  /** What is measured, and in which unit. */
  readonly title: (result: Result) => string;
  /** Above the tables. */
  readonly head: (result: Result) => string;
  /** A text for each part that was measured, in their order. */
  readonly parts: (result: Result) => readonly string[];
  /** Below the tables. */
  readonly end: (result: Result) => string;
  readonly markdown: (result: Result) => string;
  /** All peers at each task. */
  readonly rankings: (result: Result) => readonly Ranking[];
  /** Those that a chart shows, if it does not show all. */
  readonly chartRankings?: (result: Result) => readonly Ranking[];
}

/** Of the suite preprocess. */
export const PREPROCESS_REPORT: SuiteReport<PreprocessResult> = {
  title: () => `${PREPROCESS_TITLE}: milliseconds`,
  head: preprocessHeadText,
  parts: ({ cases }) => cases.map(caseText),
  end: preprocessEndText,
  markdown: preprocessMarkdown,
  rankings: preprocessRankings,
};

/** Of the suite prepare. */
export const PREPARE_REPORT: SuiteReport<PrepareResult> = {
  title: () => `${PREPARE_TITLE}: milliseconds per photograph`,
  head: prepareHeadText,
  parts: (result) => [prepareText(result)],
  end: prepareEndText,
  markdown: prepareMarkdown,
  rankings: prepareRankings,
};

/** Of the training suites. */
export const TRAINING_REPORT: SuiteReport<TrainingResult> = {
  title: ({ suite }) => titleOf(suite),
  head: headText,
  parts: ({ groups }) => groups.map(groupText),
  end: endText,
  markdown: trainingMarkdown,
  rankings: trainingRankings,
};

/** Of the suite convolutions. */
export const CONVOLUTIONS_REPORT: SuiteReport<ConvolutionsResult> = {
  title: () => CONVOLUTIONS_TITLE,
  head: convolutionsHeadText,
  parts: ({ timings }) => {
    const layers = [...new Set(timings.map(({ layer }) => layer))];
    return layers.map((name) => convolutionsText(timings.filter(({ layer }) => layer === name)));
  },
  end: ({ timings }) => `\n${sumText(timings)}`,
  markdown: convolutionsMarkdown,
  rankings: convolutionsRankings,
};

/** Of the suite networks. */
export const NETWORKS_REPORT: SuiteReport<NetworksResult> = {
  title: () => NETWORKS_TITLE,
  head: networksHeadText,
  parts: ({ groups }) => groups.map(networkGroupText),
  end: networksEndText,
  markdown: networksMarkdown,
  rankings: networksRankings,
  chartRankings: networksChartRankings,
};

/** Of the suite browsers. */
export const BROWSERS_REPORT: SuiteReport<BrowsersResult> = {
  title: () => BROWSERS_TITLE,
  head: browsersHeadText,
  parts: ({ groups }) => groups.map(browsersGroupText),
  end: browsersEndText,
  markdown: browsersMarkdown,
  rankings: browsersRankings,
};

/** Of the suite operations. */
export const OPERATIONS_REPORT: SuiteReport<OperationsResult> = {
  title: () => OPERATIONS_TITLE,
  head: operationsHeadText,
  parts: operationsTexts,
  end: (result) => `\n${slowestText(result)}`,
  markdown: operationsMarkdown,
  rankings: operationsRankings,
  chartRankings: operationsChartRankings,
};

/** A result with the report of its suite. */
export type Reported = <Shown>(
  show: <Result extends BenchmarkResult>(result: Result, report: SuiteReport<Result>) => Shown,
) => Shown;

/** Finds the report of a result's suite. */
export function reportedBy(result: BenchmarkResult): Reported {
  switch (result.suite) {
    case "preprocess":
      return (show) => show(result, PREPROCESS_REPORT);
    case "prepare":
      return (show) => show(result, PREPARE_REPORT);
    case "convolutions":
      return (show) => show(result, CONVOLUTIONS_REPORT);
    case "operations":
      return (show) => show(result, OPERATIONS_REPORT);
    case "networks":
      return (show) => show(result, NETWORKS_REPORT);
    case "browsers":
      return (show) => show(result, BROWSERS_REPORT);
    default:
      return (show) => show(result, TRAINING_REPORT);
  }
}

/** The chart of a result: an SVG document. */
export function chartOf<Result extends BenchmarkResult>(result: Result, report: SuiteReport<Result>): string {
  const { title, rankings, chartRankings = rankings } = report;
  return rankingChart(title(result), result.machine, chartRankings(result));
}
