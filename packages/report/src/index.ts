// Public API of `@silhouette/report`.

export { inspectionReport, ISSUE_TEXTS, PAGE_EXAMPLES, type InspectionFacts } from "./inspection-report.ts";
export { learningRatePlot } from "./learning-rate-plot.ts";
export { predictionSheet, type Pictured } from "./prediction-sheet.ts";
export type { FindingExample, FindingGroup, InspectedPicture, InspectionReport, ReportData } from "./report-data.ts";
export { reportPage } from "./report-page.ts";
export type { Size } from "./resized-silhouette.ts";
export { terminalPictures } from "./terminal-pictures.ts";
