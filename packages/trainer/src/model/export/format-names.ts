// The formats that models are exported to, by name. Loads nothing.

/** Names of the formats: TensorFlow.js Layers, ONNX and LiteRT (TensorFlow Lite). */
export const EXPORT_FORMATS = ["tfjs"] as const;

/** One of {@link EXPORT_FORMATS}. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
