// Public API of `@silhouette/report/data`: the data of reports, in pages as in Node.js. It needs neither files nor sharp.

export { inspectionReportData, ISSUE_TEXTS, PAGE_EXAMPLES, type InspectionFacts } from "./inspection-data.ts";
export type { PictureEncoder, ReportPixels } from "./picture-encoder.ts";
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
export {
  comparisonReportData,
  runReportData,
  type ReportedRun,
  type RunReportOptions,
  type Words,
} from "./run-data.ts";
export { shownPictures } from "./shown-pictures.ts";
