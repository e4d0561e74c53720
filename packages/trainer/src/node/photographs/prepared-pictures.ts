// Photographs prepared for a dataset, in parallel and in order.
//
//   photographs ─▶ threads: ordinary JPEGs ─▶ pictures for a dataset ─▶ in order
//               └▶ all others: sharp ─▶ pictures for a dataset ───────┘

import { availableParallelism } from "node:os";

import pLimit from "p-limit";

import {
  DatasetPictureMaker,
  type DatasetPicture,
  type DatasetPictureOptions,
  type Rejection,
} from "../../dataset/dataset-picture.ts";
import type { StoredSize } from "../../dataset/format.ts";
import type { Photograph } from "../../dataset/photographs/photographs.ts";
import { concurrently } from "../../values/concurrently.ts";
import { decode } from "./decode.ts";
import { initJpegs } from "./jpeg-kernels.ts";
import { PictureWorkers } from "./picture-workers.ts";

/** Options for {@link preparedPictures}. */
export interface PreparedPicturesOptions extends DatasetPictureOptions {
  /** Size and format of the pictures in the dataset. */
  readonly stored: StoredSize;
  /** Maximum number of photographs in progress. */
  readonly concurrency: number;
  /** Ends the pictures with its reason. */
  readonly signal: AbortSignal | undefined;
}

/** A photograph, and what a dataset needs of it. */
export interface PreparedPhotograph<Given extends Pick<Photograph, "file">> {
  readonly photograph: Given;
  /** What was made of it, valid until the next photograph is asked for; or why it cannot be in a dataset. */
  readonly made: DatasetPicture | Rejection;
}

/** Fewer pictures are prepared before threads have started. */
const FEWEST_FOR_THREADS = 200;

/**
 * Decodes and preprocesses photographs. Any problem with a photograph is its result. The results do not depend on the number of
 * threads.
 *
 * @returns a result for each photograph, in their order
 * @throws {TrainerError} `MACHINE_EXHAUSTED`, `BACKEND_UNAVAILABLE`; the signal's reason
 */
export async function* preparedPictures<Given extends Pick<Photograph, "file">>(
  photographs: (Iterable<Given> | AsyncIterable<Given>) & { readonly length: number },
  { stored, thumbnails, sketches, concurrency, signal }: PreparedPicturesOptions,
): AsyncGenerator<PreparedPhotograph<Given>, void, undefined> {
  await initJpegs();
  const maker = await DatasetPictureMaker.of(stored, { sketches, thumbnails });
  const here = async (photograph: Given): Promise<PreparedPhotograph<Given>> => {
    const { picture, ...reason } = await decode(photograph.file);
    return { photograph, made: picture === undefined ? (reason as Rejection) : maker.make(picture) };
  };
  if (photographs.length < FEWEST_FOR_THREADS) {
    yield* concurrently(photographs, here, { concurrency, signal });
    return;
  }
  const threads = Math.min(concurrency, availableParallelism());
  const workers = new PictureWorkers(threads, { stored, thumbnails, sketches });
  const atOnce = pLimit(concurrency);
  try {
    const answered = concurrently(
      photographs,
      async (photograph) => {
        const { made, release } = await workers.prepare(photograph.file);
        if (made !== undefined) return { photograph, made, release };
        release();
        return { ...(await atOnce(() => here(photograph))), release: () => {} };
      },
      { concurrency: workers.inFlight, signal },
    );
    for await (const { photograph, made, release } of answered) {
      yield { photograph, made };
      release();
    }
  } finally {
    atOnce.clearQueue();
    await workers.close();
  }
}
