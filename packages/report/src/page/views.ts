// Public API of `@silhouette/report/views`: the views of a report as Preact components, for pages with a bundler. They draw their props,
// and draw them again when they change. `@silhouette/report/views.css` is their style; it applies within elements of the class `report`.

export { ComparisonView } from "./comparison-view.tsx";
export { InspectionView } from "./inspection-view.tsx";
export { ReportView } from "./report-view.tsx";
export { RunView } from "./run-view.tsx";
export { attentionPixels } from "../attention-pixels.ts";
export { counted, decimal, probability, whole } from "./numbers.ts";
export { FileName, fileNameOf, Hidden, InnerName, Name, Sentence } from "./text.tsx";
export { Curves, type CurvesProps } from "./curves.tsx";
export { PictureCounts, type PictureCountsProps } from "./picture-counts.tsx";
