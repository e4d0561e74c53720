// Public API of `@silhouette/report`.

export { learningRatePlot } from "./learning-rate-plot.ts";
export { predictionSheet, type Pictured } from "./prediction-sheet.ts";
export type { Size } from "./resized-silhouette.ts";
export { terminalPictures } from "./terminal-pictures.ts";
