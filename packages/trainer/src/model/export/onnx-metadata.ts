// The description in an exported ONNX model: ONNX Runtime does not give a model's metadata to JavaScript.

import { BinaryReader } from "@bufbuild/protobuf/wire";

import { preprocessingOf } from "../../dataset/preprocessing.ts";
import { Damage, TrainerError } from "../../values/errors.ts";
import { object, parseJson } from "../../values/json-shape.ts";
import { checkRepeatable, describedShape, DESCRIPTION_KEY, type ModelDescription } from "../description.ts";
import { ENTRY, MODEL } from "./onnx-proto.ts";

/**
 * What a model says about itself: what it is for, how its pictures are prepared, and where it comes from.
 *
 * @param bytes content of an exported `model.onnx`
 * @throws {TrainerError} `MODEL_DAMAGED` if it is no model of silhouette, `MODEL_PREPROCESSING` for pictures that this version prepares
 * differently
 */
export function onnxDescription(bytes: Uint8Array): ModelDescription {
  const name = "the given ONNX model";
  try {
    const content = object(parseJson(metadataIn(bytes).get(DESCRIPTION_KEY) ?? ""), DESCRIPTION_KEY);
    checkRepeatable(name, content);
    const described = describedShape(content, DESCRIPTION_KEY);
    return { ...described, preprocessing: preprocessingOf(described.pixelFormat) };
  } catch (cause) {
    if (cause instanceof TrainerError) throw cause;
    const reason = cause instanceof Damage ? cause.message : String(cause);
    throw new TrainerError(
      "MODEL_DAMAGED",
      `Expected a model that silhouette exported in ${name}, but its metadata cannot be read (${reason})`,
      "Export it again: silhouette export RUN --to onnx.",
      { cause },
    );
  }
}

/** All metadata of a model, by key. */
function metadataIn(bytes: Uint8Array): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === MODEL.metadataProps) {
      const [key, value] = entryIn(reader.bytes());
      metadata.set(key, value);
    } else reader.skip(type, field);
  }
  return metadata;
}

function entryIn(bytes: Uint8Array): readonly [key: string, value: string] {
  let [key, value] = ["", ""];
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === ENTRY.key) key = reader.string();
    else if (field === ENTRY.value) value = reader.string();
    else reader.skip(type, field);
  }
  return [key, value];
}
