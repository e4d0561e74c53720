// What other programs may use of what the command shows.

export { predictionSheet, type Pictured } from "./prediction-sheet.ts";
export type { Size } from "./resized-silhouette.ts";
export { terminalPictures } from "./terminal-pictures.ts";
