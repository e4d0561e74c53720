// Photographs prepared for a dataset, in parallel and in order: read ─▶ decode ─▶ preprocess, and a thumbnail.

import { Preprocessor } from "@silhouette/preprocess-wasm";

import { datasetPicture, type DatasetPicture, type Rejection } from "../../dataset/dataset-picture.ts";
import type { StoredSize } from "../../dataset/format.ts";
import type { Photograph } from "../../dataset/photographs/find-photographs.ts";
import { initPreprocessor } from "../../dataset/preprocessor-kernels.ts";
import { concurrently } from "../../values/concurrently.ts";
import { decode } from "./decode.ts";
import { thumbnailOf } from "./thumbnail.ts";

/** Options for {@link preparedPictures}. */
export interface PreparedPicturesOptions {
  /** Size and format of the pictures in the dataset. */
  readonly stored: StoredSize;
  /** Whether thumbnails are made. */
  readonly thumbnails: boolean;
  /** Whether sketches are made, to find copies by. */
  readonly sketches: boolean;
  /** Maximum number of photographs in progress. */
  readonly concurrency: number;
  /** Ends the pictures with its reason. */
  readonly signal: AbortSignal | undefined;
}

/** A photograph, and what a dataset needs of it. */
export interface PreparedPhotograph<Given extends Pick<Photograph, "file">> {
  readonly photograph: Given;
  /** What was made of it, or why it cannot be in a dataset. */
  readonly made: DatasetPicture | Rejection;
  /** A JPEG of it for reports; empty if none was wanted or the photograph cannot be used. */
  readonly thumbnail: Uint8Array;
}

/** No thumbnail. */
const NONE = new Uint8Array();

/**
 * Decodes and preprocesses photographs. Any problem with a photograph is its result.
 *
 * @param photographs read lazily
 * @returns a result for each photograph, in their order
 * @throws {TrainerError} `MACHINE_EXHAUSTED`, `BACKEND_UNAVAILABLE`; the signal's reason
 */
export async function* preparedPictures<Given extends Pick<Photograph, "file">>(
  photographs: Iterable<Given>,
  { stored, thumbnails, sketches, concurrency, signal }: PreparedPicturesOptions,
): AsyncGenerator<PreparedPhotograph<Given>, void, undefined> {
  await initPreprocessor();
  const preprocessor = new Preprocessor({ width: stored.width, height: stored.height });
  yield* concurrently(
    photographs,
    async (photograph): Promise<PreparedPhotograph<Given>> => {
      const { picture, ...reason } = await decode(photograph.file);
      if (picture === undefined) return { photograph, made: reason as Rejection, thumbnail: NONE };
      const thumbnail = thumbnails ? await thumbnailOf(picture) : NONE;
      return { photograph, made: datasetPicture(preprocessor, picture, stored, { sketch: sketches }), thumbnail };
    },
    { concurrency, signal },
  );
}
