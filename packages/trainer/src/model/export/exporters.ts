// The writer of each format.

import type { Exporter } from "./exported-file.ts";
import type { ExportFormat } from "./format-names.ts";
import { exportKeras } from "./keras.ts";
import { exportLitert } from "./litert.ts";
import { exportOnnx } from "./onnx.ts";
import { exportTensorflowJs } from "./tensorflow-js.ts";

/** Writers by the names of their formats. */
export const EXPORTERS: Readonly<Record<ExportFormat, Exporter>> = {
  tfjs: exportTensorflowJs,
  keras: exportKeras,
  onnx: exportOnnx,
  litert: exportLitert,
};
