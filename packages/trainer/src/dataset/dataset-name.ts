// Names of datasets, by which they are told from folders of photographs. Loads no library.

/** File name extension of datasets. */
export const DATASET_ENDING = ".arrow";

/** Name of the file that describes a dataset of many files, in its folder. */
export const MANIFEST = "dataset.json";

/**
 * Whether `source` is the name of a dataset: of a file (`photos.arrow`), of several by a pattern (`photos/shards/*.arrow`), or of the
 * description of many (`photos/dataset.json`), as which the folder of a dataset is recorded. Anything else is a folder of photographs.
 */
export function isDatasetFile(source: string): boolean {
  return source.endsWith(DATASET_ENDING) || source.split(/[/\\]/).at(-1) === MANIFEST;
}
