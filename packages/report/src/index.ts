// Public API of `@silhouette/report`.

export { ISSUE_TEXTS, PAGE_EXAMPLES, type InspectionFacts } from "./inspection-data.ts";
export { inspectionReport } from "./inspection-report.ts";
export { learningRatePlot } from "./learning-rate-plot.ts";
export { predictionSheet, type Pictured } from "./prediction-sheet.ts";
export { reportPage } from "./report-page.ts";
export type {
  Blame,
  CalibrationBin,
  CalibrationReport,
  ComparisonReport,
  FindingExample,
  FindingGroup,
  InspectedPicture,
  InspectionReport,
  ReportData,
  ReportPicture,
  RunReport,
  Setting,
  TestReport,
  TrainingFacts,
} from "./report-data.ts";
export type { Size } from "./resized-silhouette.ts";
export type { Words } from "./run-data.ts";
export { comparisonReport, runReport, type ReportEvent, type ReportOptions } from "./run-report.ts";
export { terminalPictures } from "./terminal-pictures.ts";
