// The formats that models are exported to, by name. Loads nothing.

/** Names of the formats: TensorFlow.js Layers, Keras 3, ONNX and LiteRT (TensorFlow Lite). */
export const EXPORT_FORMATS = ["tfjs", "keras", "onnx", "litert"] as const;

/** One of {@link EXPORT_FORMATS}. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
