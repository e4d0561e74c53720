// The writer of each format, which is loaded when it writes.

import type { Exporter } from "./exported-file.ts";
import type { ExportFormat } from "./format-names.ts";

/** Writers by the names of their formats. */
export const EXPORTERS: Readonly<Record<ExportFormat, Exporter>> = {
  tfjs: async (...model) => (await import("./tensorflow-js.ts")).exportTensorflowJs(...model),
  keras: async (...model) => (await import("./keras.ts")).exportKeras(...model),
  onnx: async (...model) => (await import("./onnx.ts")).exportOnnx(...model),
  litert: async (...model) => (await import("./litert.ts")).exportLitert(...model),
};
