// A model as a `.keras` file, which Keras 3 loads with `keras.saving.load_model`.

import { encodeKeras } from "../keras/model-file.ts";
import { Inexpressible } from "../keras/settings.ts";
import { TrainerError } from "../../values/errors.ts";
import { descriptionContent } from "../codec.ts";
import { DESCRIPTION_KEY } from "../description.ts";
import type { Exporter } from "./exported-file.ts";

/** Name of the file. */
const FILE = "model.keras";

/** One file. The description is in the `metadata.json` of the archive, which Keras itself ignores. The model is not compiled. */
export const exportKeras: Exporter = async (network, description) => {
  try {
    return [{ name: FILE, bytes: await encodeKeras(network, { [DESCRIPTION_KEY]: descriptionContent(description) }) }];
  } catch (cause) {
    if (!(cause instanceof Inexpressible)) throw cause;
    throw new TrainerError(
      "EXPORT_UNSUPPORTED",
      `Expected a network that Keras 3 computes alike, but ${cause.message}`,
      "Replace that layer or setting and train again, or export to another format.",
      { cause },
    );
  }
};
