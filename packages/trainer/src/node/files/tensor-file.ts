// Files of named arrays, in the safetensors format: values/safetensors.ts.

import { readFile } from "node:fs/promises";

import { decodeSafetensors, encodeSafetensors, type TensorFile } from "../../values/safetensors.ts";
import { writeWhole } from "./whole-file.ts";

/**
 * Writes `path` whole, or not at all. The values are not copied: leave them alone until it is done.
 *
 * @param what the content, as errors name it: "the checkpoint"
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`; `INVALID_ARGUMENT` for names that come twice or mean something else in the
 * format, for a shape that does not fit its values, and for more than the header can hold
 */
export async function writeTensorFile(path: string, what: string, content: TensorFile): Promise<void> {
  await writeWhole(path, what, encodeSafetensors(content));
}

/**
 * Reads what {@link writeTensorFile} wrote.
 *
 * @throws {Damage} if it is not as it was written; the system's error if it cannot be read
 */
export async function readTensorFile(path: string): Promise<TensorFile> {
  return decodeSafetensors(await readFile(path));
}
