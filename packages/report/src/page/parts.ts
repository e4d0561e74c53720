// Public API of `@silhouette/report/parts`: parts of the views that draw no charts, for pages that show the same things elsewhere.

export { attentionPixels } from "../picture-encoder.ts";
export { counted, decimal, probability, whole } from "./numbers.ts";
export { FileName, fileNameOf, Hidden, InnerName, Name, Sentence } from "./text.tsx";
