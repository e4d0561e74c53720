// Everything that `@silhouette/report` offers.

export { predictionSheet, type Pictured } from "./prediction-sheet.ts";
export type { Size } from "./resized-silhouette.ts";
export { terminalPictures } from "./terminal-pictures.ts";
