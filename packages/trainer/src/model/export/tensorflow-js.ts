// A model in the TensorFlow.js Layers format: the files of a run's model as they are.

import { textBytes } from "../../values/files.ts";
import { encodeModel } from "../codec.ts";
import { MODEL_JSON } from "../run-paths.ts";
import type { Exporter } from "./exported-file.ts";

/** `model.json` and the weights file that it names; the description is the user-defined metadata. */
export const exportTensorflowJs: Exporter = async (network, description) => {
  const { json, weightsName, weights } = await encodeModel(network, description);
  return [
    { name: weightsName, bytes: weights },
    { name: MODEL_JSON, bytes: textBytes(json) },
  ];
};
