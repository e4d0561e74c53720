// The views of decoded pictures as numbers, for networks that run elsewhere than in TensorFlow.js: exported models.

import { Preprocessor, type Picture } from "@silhouette/preprocess-wasm";

import { binarized } from "../dataset/binarized.ts";
import { networkInput, type NetworkInput } from "../dataset/network-input.ts";
import { initPreprocessor } from "../dataset/preprocessor-kernels.ts";
import { viewCountOf, viewsOf } from "../dataset/view.ts";
import type { ModelDescription } from "./description.ts";
import type { Unusable } from "./picture-classifier.ts";

/** What a network sees of a picture. */
export interface PixelValues {
  /** `[views, rows, columns, channels]`, row-major. */
  readonly values: Float32Array;
  /** The sizes of its axes. */
  readonly shape: readonly [views: number, rows: number, columns: number, channels: number];
}

/**
 * Prepares pictures as a model's network sees them, by all its views.
 *
 * @example
 * import { PictureViews } from "@silhouette/trainer";
 *
 * const views = await PictureViews.of(description);
 * const seen = views.see({ data, width, height, channels: 3 });
 * if ("values" in seen) console.log(seen.shape); // [4, 64, 64, 1]
 */
export class PictureViews {
  readonly #description: ModelDescription;
  readonly #preprocessor: Preprocessor;
  readonly #input: NetworkInput;

  private constructor(description: ModelDescription, input: NetworkInput) {
    const { width, height } = description;
    this.#description = description;
    this.#preprocessor = new Preprocessor({ width, height });
    this.#input = input;
  }

  /**
   * Loads the preprocessor's kernels.
   *
   * @param description of a model
   * @throws {TrainerError} `BACKEND_UNAVAILABLE` if they cannot be loaded
   */
  static async of(description: ModelDescription): Promise<PictureViews> {
    await initPreprocessor();
    return new PictureViews(description, await networkInput(description, description.input));
  }

  /**
   * The views of a picture.
   *
   * @param picture RGB, RGBA or gray pixels of any size; transparent pixels have been drawn on white
   */
  see(picture: Picture): PixelValues | Unusable {
    const { pixelFormat, views: count } = this.#description;
    const made = binarized(this.#preprocessor, picture, pixelFormat);
    if ("code" in made) return { unusable: { code: made.code, message: made.message } };
    const { width, height, channels, scale, offset } = this.#input;
    const views = viewsOf(viewCountOf(pixelFormat, count));
    const seen = new Uint8Array(width * height * channels);
    const values = new Float32Array(views.length * seen.length);
    for (const [index, view] of views.entries()) {
      this.#input.write(made.pixels, view, seen);
      for (const [at, byte] of seen.entries()) values[index * seen.length + at] = scale * byte + offset;
    }
    return { values, shape: [views.length, height, width, channels] };
  }
}
