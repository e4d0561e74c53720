// The exports of `@silhouette/training-wasm/node`: what tfjs-node adds to TensorFlow.js in Node.js, without native code.
//
// Importing it registers the handlers of `file://`, as importing tfjs-node does.

import { registerFileHandlers } from "./file-system.ts";

export { fileSystem } from "./file-system.ts";
export { decodeImage, encodeJpeg, encodePng } from "./pictures.ts";
export { summaryFileWriter, type SummaryFileWriter } from "./summary-file-writer.ts";
export { tensorBoard, type TensorBoardOptions } from "./tensor-board.ts";

registerFileHandlers();
