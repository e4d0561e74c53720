// The description in an exported model: ONNX Runtime and LiteRT do not give a model's metadata to JavaScript.

import { BinaryReader } from "@bufbuild/protobuf/wire";
import { ByteBuffer } from "flatbuffers";

import "../../dataset/bounded-flatbuffers.ts";
import { preprocessingOf } from "../../dataset/preprocessing.ts";
import { Damage, TrainerError } from "../../values/errors.ts";
import { textOf } from "../../values/files.ts";
import { object, parseJson } from "../../values/json-shape.ts";
import { checkRepeatable, describedShape, DESCRIPTION_KEY, type ModelDescription } from "../description.ts";
import { ENTRY, MODEL } from "./onnx-proto.ts";
import { BUFFER_PLACES, IDENTIFIER, METADATA_PLACES, MODEL_PLACES } from "./tflite-flatbuffer.ts";

/**
 * What an exported model says about itself: what it is for, how its pictures are prepared, and where it comes from.
 *
 * @param bytes content of an exported `model.onnx` or `model.tflite`
 * @throws {TrainerError} `MODEL_DAMAGED` if silhouette has not exported it, `MODEL_PREPROCESSING` for pictures that this version
 * prepares differently
 */
export function exportedDescription(bytes: Uint8Array): ModelDescription {
  const name = "the exported model";
  try {
    const text = isTflite(bytes) ? tfliteMetadata(bytes) : onnxMetadata(bytes);
    if (text === undefined) throw new Damage(`it has no ${DESCRIPTION_KEY}`);
    const content = object(parseJson(text), DESCRIPTION_KEY);
    checkRepeatable(name, content);
    const described = describedShape(content, DESCRIPTION_KEY);
    return { ...described, preprocessing: preprocessingOf(described.pixelFormat) };
  } catch (cause) {
    if (cause instanceof TrainerError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TrainerError(
      "MODEL_DAMAGED",
      `Expected a model that silhouette has exported, but its metadata cannot be read (${reason})`,
      "Pass the content of model.onnx or model.tflite, as silhouette export writes it.",
      { cause },
    );
  }
}

/** The identifier is behind the place of the first table. */
function isTflite(bytes: Uint8Array): boolean {
  return textOf(bytes.subarray(4, 8)) === IDENTIFIER;
}

function onnxMetadata(bytes: Uint8Array): string | undefined {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === MODEL.metadataProps) {
      const { key, value } = entryIn(reader.bytes());
      if (key === DESCRIPTION_KEY) return value;
    } else reader.skip(type, field);
  }
  return undefined;
}

function entryIn(bytes: Uint8Array): { readonly key: string; readonly value: string } {
  const entry = { key: "", value: "" };
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === ENTRY.key) entry.key = reader.string();
    else if (field === ENTRY.value) entry.value = reader.string();
    else reader.skip(type, field);
  }
  return entry;
}

function tfliteMetadata(bytes: Uint8Array): string | undefined {
  const buffer = new ByteBuffer(bytes);
  const model = buffer.__indirect(0);
  /** Where the field at `place` of a table is; 0 if it is absent. */
  const fieldOf = (table: number, place: number): number => {
    const offset = buffer.__offset(table, 4 + 2 * place);
    return offset === 0 ? 0 : table + offset;
  };
  /** The tables of a vector. */
  const tablesOf = (field: number): readonly number[] =>
    field === 0
      ? []
      : Array.from({ length: buffer.__vector_len(field) }, (_, index) =>
          buffer.__indirect(buffer.__vector(field) + 4 * index),
        );
  const own = tablesOf(fieldOf(model, MODEL_PLACES.metadata)).find(
    (entry) => buffer.__string(fieldOf(entry, METADATA_PLACES.name)) === DESCRIPTION_KEY,
  );
  if (own === undefined) return undefined;
  const index = buffer.readUint32(fieldOf(own, METADATA_PLACES.buffer));
  const content = tablesOf(fieldOf(model, MODEL_PLACES.buffers))[index];
  if (content === undefined) return undefined;
  const data = fieldOf(content, BUFFER_PLACES.data);
  const begin = buffer.__vector(data);
  return textOf(bytes.subarray(begin, begin + buffer.__vector_len(data)));
}
