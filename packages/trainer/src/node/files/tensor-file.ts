// Reads and writes named arrays in the safetensors format, see values/safetensors.ts.

import { readFile } from "node:fs/promises";

import { decodeSafetensors, encodeSafetensors, type TensorFile } from "../../values/safetensors.ts";
import { writeWhole } from "./whole-file.ts";

/**
 * Writes `path` atomically. The values are not copied: do not change them until the promise settles.
 *
 * @param what the name of the content in errors, such as "the checkpoint"
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`; `INVALID_ARGUMENT` for duplicate or reserved names, for a shape that does not
 * match its values, and for content that exceeds the maximum header size
 */
export async function writeTensorFile(path: string, what: string, content: TensorFile): Promise<void> {
  await writeWhole(path, what, encodeSafetensors(content));
}

/**
 * Reads what {@link writeTensorFile} wrote.
 *
 * @throws {Damage} if the file is damaged; the system's error if it cannot be read
 */
export async function readTensorFile(path: string): Promise<TensorFile> {
  return decodeSafetensors(await readFile(path));
}
