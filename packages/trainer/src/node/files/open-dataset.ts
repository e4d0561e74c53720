// Opens dataset files.

import { open, stat, type FileHandle } from "node:fs/promises";

import type { ByteSource } from "../../dataset/byte-source.ts";
import { HOW_TO_MAKE_ONE } from "../../dataset/dataset-file.ts";
import { Dataset } from "../../dataset/reader.ts";
import { checkArgument, filePath } from "../../values/arguments.ts";
import { systemErrorCode, TrainerError } from "../../values/errors.ts";

/**
 * Opens a dataset file and checks its framing, version, description and number of rows; rows are checked when they are read.
 *
 * @param path of the file
 * @returns the dataset; close it after use
 * @throws {TrainerError} `DATASET_NOT_FOUND`, `NOT_A_DATASET`, `DATASET_VERSION`, `DATASET_DAMAGED`
 * @example
 * import { openDataset } from "@silhouette/trainer";
 *
 * const dataset = await openDataset("photos.arrow");
 * console.log(dataset.rows, dataset.description.labels);
 * await dataset.close();
 */
export async function openDataset(path: string): Promise<Dataset> {
  checkArgument("openDataset()", "path", filePath, path);
  return Dataset.fromShards([{ path, source: await openFile(path) }], path);
}

/** Opens a regular file: no folder, and nothing that would block, such as a pipe. */
async function openFile(path: string): Promise<ByteSource> {
  const opened = async (): Promise<FileHandle | undefined> => ((await stat(path)).isFile() ? open(path) : undefined);
  const file = await opened().catch((cause: unknown) => {
    throw new TrainerError(
      "DATASET_NOT_FOUND",
      `Expected a dataset file at ${path}, but it cannot be opened (${systemErrorCode(cause) ?? String(cause)})`,
      HOW_TO_MAKE_ONE,
      { cause },
    );
  });
  if (file === undefined) {
    throw new TrainerError(
      "NOT_A_DATASET",
      `Expected a dataset file at ${path}, but it is not a file`,
      HOW_TO_MAKE_ONE,
    );
  }
  try {
    return {
      size: (await file.stat()).size,
      read: (offset, length) => read(file, offset, length),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function read(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
