// One dataset file: its frame, its description and its rows, each checked before it is returned. reader.ts joins files to a dataset.

import type { RecordBatch } from "./arrow.ts";

import { ArrowFile, isMagic, MAGIC_BYTES, type Place } from "./arrow-file.ts";
import type { ByteSource } from "./byte-source.ts";
import {
  BATCH_ROWS,
  datasetSchema,
  DESCRIPTION_CRC32_KEY,
  DESCRIPTION_KEY,
  descriptionChecksum,
  descriptionShape,
  FORMAT_VERSION,
  pictureBytes,
  rowChecksum,
  THUMBNAIL_BYTES,
  type DatasetColumns,
  type DatasetDescription,
  type DatasetRow,
  type Shard,
} from "./format.ts";
import { Damage, TrainerError } from "../values/errors.ts";
import { crc32, hexadecimal } from "../values/checksum.ts";
import { count, parseJson, record } from "../values/json-shape.ts";
import { SPLITS, type Split } from "./split.ts";

/** Maximum size of a path in bytes: the longest of any system, in UTF-8. */
const MAX_PATH_BYTES = 16 * 1024;

/** Maximum size of a row without its pixels in bytes: its path, the thumbnail, and the other columns, which are smaller than a path. */
const MAX_BYTES_BESIDE_PIXELS = MAX_PATH_BYTES + THUMBNAIL_BYTES;

/** An open dataset file. */
export class DatasetFile {
  /** Path of the file, or another name, used in error messages. */
  readonly path: string;
  readonly description: DatasetDescription;
  readonly #content: ArrowFile<DatasetColumns>;
  /** Where columns are, by record batch: each is looked up once. */
  readonly #columns = new Map<number, Promise<ColumnPlaces>>();

  private constructor(path: string, description: DatasetDescription, content: ArrowFile<DatasetColumns>) {
    this.path = path;
    this.description = description;
    this.#content = content;
  }

  /**
   * Opens a file and checks its frame, version, description and number of rows. The caller closes the source.
   *
   * @throws {TrainerError} `NOT_A_DATASET`, `DATASET_VERSION`, `DATASET_DAMAGED`
   */
  static async open(source: ByteSource, path: string): Promise<DatasetFile> {
    try {
      await checkBeginning(path, source);
      const content = await ArrowFile.open<DatasetColumns>(source);
      const description = descriptionOf(path, content.schema.metadata);
      checkFooter(content, description);
      return new DatasetFile(path, description, content);
    } catch (error) {
      throw error instanceof Damage ? damaged(path, error.message, error) : error;
    }
  }

  /** Number of record batches. All but the last have {@link BATCH_ROWS} rows. */
  get batches(): number {
    return this.#content.batches;
  }

  /** Reads the rows of record batch `index`. @throws {TrainerError} `DATASET_DAMAGED` */
  async readBatch(index: number): Promise<readonly DatasetRow[]> {
    const first = index * BATCH_ROWS;
    const bytes = pictureBytes(this.description);
    return this.#from(index, async () => {
      const batch = await this.#content.readBatch(index, this.#rowsOf(index) * (bytes + MAX_BYTES_BESIDE_PIXELS));
      this.#checkRows(index, batch.numRows);
      const rows = rowsOf(batch, bytes);
      for (const [row, { content, checksum }] of rows.entries()) {
        if (rowChecksum(first + row, content) !== checksum) {
          throw new Damage(`the checksum of row ${first + row} (${content.path}) does not match`);
        }
        if (!this.description.labels.includes(content.label) || !SPLITS.includes(content.split)) {
          throw new Damage(
            `row ${first + row} (${content.path}) has label ${content.label} and split ${content.split}`,
          );
        }
      }
      return rows.map(({ content }) => content);
    });
  }

  /** Reads the pixels of a row alone, which are not checked. @throws {TrainerError} `DATASET_DAMAGED` if they are not there */
  async readPixels(row: number): Promise<Uint8Array> {
    const bytes = pictureBytes(this.description);
    return this.#fromRow(row, async ({ pixels }, place) =>
      this.#content.read({ offset: pixels.offset + place * bytes, length: bytes }),
    );
  }

  /** Reads the path of a row alone, which is not checked. @throws {TrainerError} `DATASET_DAMAGED` if it is not there */
  async readPath(row: number): Promise<string> {
    return this.#fromRow(row, async ({ pathOffsets, paths }, place) => {
      const offsets = await this.#content.read({ offset: pathOffsets.offset + 4 * place, length: 8 });
      const view = new DataView(offsets.buffer, offsets.byteOffset);
      const [start, end] = [view.getInt32(0, true), view.getInt32(4, true)];
      const length = end - start;
      if (start < 0 || length < 0 || end > paths.length || length > MAX_PATH_BYTES) {
        throw new Damage(`the path of row ${row} cannot be at ${start} to ${end} of ${paths.length}`);
      }
      return new TextDecoder().decode(await this.#content.read({ offset: paths.offset + start, length }));
    });
  }

  /**
   * Checks that this is the shard that a `dataset.json` names. Reads the column of checksums, and no pixels.
   *
   * @throws {TrainerError} `DATASET_DAMAGED`
   */
  async checkListed({ rows, crc32: listed }: Shard): Promise<void> {
    const checksum = await this.rowsChecksum();
    if (this.description.rows !== rows || checksum !== listed) {
      throw damaged(
        this.path,
        `its rows are not those of this shard: they have the checksum ${checksum} instead of ${listed}`,
      );
    }
  }

  /** CRC-32 of the column of checksums, as in `dataset.json`. @throws {TrainerError} `DATASET_DAMAGED` */
  async rowsChecksum(): Promise<string> {
    let checksum = 0;
    for (let index = 0; index < this.batches; index++) checksum = crc32([await this.#checksumsIn(index)], checksum);
    return hexadecimal(checksum);
  }

  /** The column of checksums in record batch `index`, as little-endian 32-bit words. */
  async #checksumsIn(index: number): Promise<Uint8Array> {
    return this.#from(index, async () => {
      const { rows, buffers } = await this.#content.placesIn(index);
      this.#checkRows(index, rows);
      const [place] = buffers.get("crc32") ?? [];
      if (place === undefined || place.length < 4 * rows) throw new Damage("its columns are too short");
      return this.#content.read({ offset: place.offset, length: 4 * rows });
    });
  }

  async #fromRow<T>(row: number, read: (columns: ColumnPlaces, place: number) => Promise<T>): Promise<T> {
    const index = Math.floor(row / BATCH_ROWS);
    return this.#from(index, async () => {
      const columns = this.#columns.get(index) ?? this.#columnsIn(index);
      this.#columns.set(index, columns);
      return read(await columns, row - index * BATCH_ROWS);
    });
  }

  async #columnsIn(index: number): Promise<ColumnPlaces> {
    const { rows, buffers } = await this.#content.placesIn(index);
    this.#checkRows(index, rows);
    const [pathOffsets, paths] = buffers.get("path") ?? [];
    const [pixels] = buffers.get("pixels") ?? [];
    const isWhole =
      pathOffsets !== undefined &&
      paths !== undefined &&
      pixels !== undefined &&
      pathOffsets.length >= 4 * (rows + 1) &&
      pixels.length >= rows * pictureBytes(this.description);
    if (!isWhole) throw new Damage("its columns are too short");
    return { pathOffsets, paths, pixels };
  }

  /** Number of rows that record batch `index` should have. */
  #rowsOf(index: number): number {
    return Math.min(BATCH_ROWS, this.description.rows - index * BATCH_ROWS);
  }

  #checkRows(index: number, rows: number): void {
    const expected = this.#rowsOf(index);
    if (rows !== expected) throw new Damage(`it has ${rows} rows instead of ${expected}`);
  }

  /** The result of `read`, which reads record batch `index`; its errors become `DATASET_DAMAGED`. */
  async #from<T>(index: number, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (cause) {
      const what = cause instanceof Damage ? cause.message : String(cause);
      throw damaged(this.path, `record batch ${index} cannot be read: ${what}`, cause);
    }
  }
}

/** Where columns of a record batch are. */
interface ColumnPlaces {
  /** One more than there are rows, as `int32`: path i is from offset i to offset i + 1 of `paths`. */
  readonly pathOffsets: Place;
  readonly paths: Place;
  readonly pixels: Place;
}

/** The rows of a batch, with their stored checksums. */
function rowsOf(
  batch: RecordBatch<DatasetColumns>,
  bytes: number,
): readonly { readonly content: DatasetRow; readonly checksum: number | null }[] {
  const columns = columnsOf(batch);
  const pixels: Uint8Array = columns.pixels.data[0]?.values ?? new Uint8Array();
  if (pixels.length < batch.numRows * bytes) throw new Damage(`it has ${pixels.length} bytes of pixels`);
  return Array.from({ length: batch.numRows }, (_, row) => ({
    content: {
      path: columns.path.get(row) ?? "",
      label: columns.label.get(row) ?? "",
      split: columns.split.get(row) as Split,
      sourceWidth: columns.sourceWidth.get(row) ?? 0,
      sourceHeight: columns.sourceHeight.get(row) ?? 0,
      threshold: columns.threshold.get(row) ?? 0,
      pixels: pixels.subarray(row * bytes, (row + 1) * bytes),
      thumbnail: columns.thumbnail.get(row) ?? new Uint8Array(),
    },
    checksum: columns.crc32.get(row),
  }));
}

function columnsOf(batch: RecordBatch<DatasetColumns>) {
  const column = <Name extends keyof DatasetColumns & string>(name: Name) => {
    const vector = batch.getChild(name);
    if (!vector) throw new Damage(`it has no column ${name}`);
    return vector;
  };
  return {
    path: column("path"),
    label: column("label"),
    split: column("split"),
    sourceWidth: column("sourceWidth"),
    sourceHeight: column("sourceHeight"),
    threshold: column("threshold"),
    crc32: column("crc32"),
    pixels: column("pixels"),
    thumbnail: column("thumbnail"),
  };
}

/** Hint for a path without a dataset. */
export const HOW_TO_MAKE_ONE = "Make one with: silhouette prepare FOLDER --out FILE.arrow";

async function checkBeginning(path: string, source: ByteSource): Promise<void> {
  const { size } = source;
  const start = await source.read(0, MAGIC_BYTES).catch(() => new Uint8Array());
  if (!isMagic(start)) {
    throw new TrainerError(
      "NOT_A_DATASET",
      `Expected a dataset (an Arrow IPC file) at ${path}, but it ${size === 0 ? "is empty" : "begins with other bytes"}`,
      HOW_TO_MAKE_ONE,
    );
  }
}

function descriptionOf(path: string, metadata: ReadonlyMap<string, string | null>): DatasetDescription {
  const text = metadata.get(DESCRIPTION_KEY);
  if (typeof text !== "string") {
    throw new TrainerError(
      "NOT_A_DATASET",
      `Expected a dataset at ${path}, but this Arrow file does not describe one (no "${DESCRIPTION_KEY}" in its metadata)`,
      HOW_TO_MAKE_ONE,
    );
  }
  if (descriptionChecksum(text) !== metadata.get(DESCRIPTION_CRC32_KEY)) {
    throw new Damage("the checksum of its description does not match");
  }
  const described = parseJson(text);
  checkFormatVersion(described, path);
  return descriptionShape(described, "");
}

/** @throws {TrainerError} `DATASET_VERSION` */
export function checkFormatVersion(described: unknown, path: string): void {
  const { formatVersion } = record({ formatVersion: count })(described, "");
  if (formatVersion === FORMAT_VERSION) return;
  throw new TrainerError(
    "DATASET_VERSION",
    `Expected a dataset of format version ${FORMAT_VERSION} at ${path}, but it has version ${formatVersion}`,
    "Prepare it again from the photographs, or use the version of silhouette that wrote it.",
  );
}

function checkFooter({ schema, batches }: ArrowFile<DatasetColumns>, description: DatasetDescription): void {
  if (String(schema) !== String(datasetSchema(description))) {
    throw new Damage("its columns do not match its description");
  }
  const expected = Math.ceil(description.rows / BATCH_ROWS);
  if (batches !== expected) throw new Damage(`it has ${batches} record batches instead of ${expected}`);
}

/** The error for a damaged dataset. */
export function damaged(path: string, what: string, cause?: unknown): TrainerError {
  return new TrainerError(
    "DATASET_DAMAGED",
    `Expected an intact dataset at ${path}, but ${what}`,
    "Prepare it again from the photographs, or copy it again from an intact original.",
    { cause },
  );
}
