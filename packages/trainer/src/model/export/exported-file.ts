// What an export gives: files as bytes, written by whoever asked for them.

import type { LayersModel } from "@tensorflow/tfjs-layers";

import type { ModelDescription } from "../description.ts";

/** A file of an exported model. */
export interface ExportedFile {
  /** Name in the folder that is exported to. */
  readonly name: string;
  /** Its content. */
  readonly bytes: Uint8Array;
}

/**
 * Writes a network in a format: the same network and description give the same bytes. Needs a started TensorFlow.js backend; the caller
 * keeps the network.
 *
 * @throws {TrainerError} `EXPORT_UNSUPPORTED` for a layer that the format, or its writer, cannot express
 */
export type Exporter = (network: LayersModel, description: ModelDescription) => Promise<readonly ExportedFile[]>;
