// Exports the model of a run: load ─▶ files of the format ─▶ folder.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { checkArgument, filePath, oneOf, optionsOf } from "../values/arguments.ts";
import { opened } from "../values/files.ts";
import { EXPORTERS } from "../model/export/exporters.ts";
import type { ExportedFile } from "../model/export/exported-file.ts";
import { EXPORT_FORMATS, type ExportFormat } from "../model/export/format-names.ts";
import { startBackend } from "./backends/start.ts";
import { runPaths } from "./files/run-folder.ts";
import { makeFolder, unwritable, writeWhole } from "./files/whole-file.ts";
import { loadUsableModel } from "./usable-model.ts";

/** Options for {@link exportedFiles}. */
export interface ExportedFilesOptions {
  /** The run folder with the model. */
  readonly run: string;
  /** The format. */
  readonly format: ExportFormat;
}

/** Options for {@link exportModel}. */
export interface ExportOptions extends ExportedFilesOptions {
  /** The folder to write to, which is created if necessary. */
  readonly out: string;
}

/** A file that was written. */
export interface WrittenFile {
  /** Its path. */
  readonly path: string;
  /** Its size in bytes. */
  readonly bytes: number;
}

const FILES_OPTIONS = optionsOf<ExportedFilesOptions>({ run: filePath, format: oneOf(EXPORT_FORMATS) });

const OPTIONS = optionsOf<ExportOptions>({ run: filePath, format: oneOf(EXPORT_FORMATS), out: filePath });

/** The name of the content in errors. */
const WHAT = "the exported model";

/**
 * Writes the model of a run, the one that `predict` uses, in another format. The same model gives the same bytes.
 *
 * @throws {TrainerError} what {@link exportedFiles} and {@link writeExported} throw
 * @example
 * import { exportModel } from "@silhouette/trainer";
 *
 * const [file] = await exportModel({ run: "runs/photos", format: "onnx", out: "exported" });
 * console.log(file?.path); // exported/model.onnx
 */
export async function exportModel(options: ExportOptions): Promise<readonly WrittenFile[]> {
  checkArgument("exportModel()", "options", OPTIONS, options);
  const { out, ...what } = options;
  return writeExported(out, await exportedFiles(what));
}

/**
 * The files of {@link exportModel}; nothing is written.
 *
 * @throws {TrainerError} `MODEL_NOT_FOUND`, `MODEL_VERSION`, `MODEL_DAMAGED`, `MODEL_PREPROCESSING`, `BACKEND_UNAVAILABLE`,
 * `BATCH_TOO_LARGE`; `EXPORT_UNSUPPORTED` for a layer that the format cannot express
 */
export async function exportedFiles(options: ExportedFilesOptions): Promise<readonly ExportedFile[]> {
  checkArgument("exportedFiles()", "options", FILES_OPTIONS, options);
  const { run, format } = options;
  const { classifier, description } = await loadUsableModel(runPaths(run).model, await startBackend("wasm"));
  try {
    return await EXPORTERS[format](classifier.network, description);
  } finally {
    classifier.network.dispose();
  }
}

/**
 * Writes exported files to a folder, which is created if necessary. Files that are there with the same content stay; if one has another
 * content, nothing is written: it may be somebody's work.
 *
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`
 */
export async function writeExported(out: string, files: readonly ExportedFile[]): Promise<readonly WrittenFile[]> {
  await makeFolder(out, WHAT);
  const missing: ExportedFile[] = [];
  for (const file of files) {
    const path = join(out, file.name);
    const existing = await opened((name) => readFile(name), path);
    if (existing.bytes === undefined && existing.isMissing) missing.push(file);
    else if (existing.bytes === undefined) throw unwritable(path, WHAT, existing.cause);
    else if (Buffer.compare(existing.bytes, file.bytes) !== 0) throw otherFile(path);
  }
  for (const { name, bytes } of missing) await writeWhole(join(out, name), WHAT, [bytes]);
  return files.map(({ name, bytes }) => ({ path: join(out, name), bytes: bytes.length }));
}

function otherFile(path: string): Error {
  return unwritable(
    path,
    WHAT,
    new Error("another file of that name exists"),
    "Export to another folder, or remove that file. Nothing was written.",
  );
}
