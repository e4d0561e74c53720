// What datasets need of Apache Arrow. The build bundles it into the output of this file: Arrow's 146 small files take longer to load than
// most commands take to run. flatbuffers stays outside, since bounded-flatbuffers.ts changes it.

export {
  Binary,
  DataType,
  Dictionary,
  Field,
  FixedSizeBinary,
  Int32,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  RecordBatchReader,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  Uint32,
  Uint8,
  Utf8,
  vectorFromArray,
  type Data,
  type MessageHeader,
  type TypeMap,
  type Vector,
} from "apache-arrow";
export { Footer, type FileBlock } from "apache-arrow/ipc/metadata/file";
export { Message } from "apache-arrow/ipc/metadata/message";
