// Lists the photographs of a folder on a disk.

import { findPhotographs, type DiscoverOptions, type Discovery } from "../../dataset/photographs/find-photographs.ts";
import { abortSignal, checkArgument, classNames, filePath, optional, optionsOf } from "../../values/arguments.ts";
import { DISK } from "./listing.ts";

const OPTIONS = optionsOf<DiscoverOptions>({ labels: optional(classNames), signal: optional(abortSignal) });

/**
 * Finds the photographs in `folder`, including those in subfolders of class folders. Links are followed; names that begin
 * with a dot and files created by operating systems are ignored. Files with a picture extension are assumed to be pictures
 * until they are decoded; all others are identified by their first bytes.
 *
 * Splits may have the names that public datasets use: `train`, `Training`, `seg_train`; `val`, `valid`, `validation`,
 * `dev`; `test`, `Testing`, `seg_test`. Wrapper folders above the splits or classes, which contain nothing else, are skipped.
 *
 * @param folder with `<class>/*`, `{train,val,test}/<class>/*` or `<class>/{train,val,test}/*`
 * @throws {TrainerError} `FOLDER_NOT_FOUND`, `FOLDER_UNREADABLE`, `NO_CLASSES`, `ONE_CLASS`, `EMPTY_CLASS`,
 * `LAYOUT_MIXED`, `LABELS_MISMATCH`
 * @example
 * import { discover } from "@silhouette/trainer";
 *
 * const { labels, photographs, skips } = await discover("photos");
 * console.log(labels, photographs.length, skips.length);
 */
export async function discover(folder: string, options: DiscoverOptions = {}): Promise<Discovery> {
  checkArgument("discover()", "folder", filePath, folder);
  checkArgument("discover()", "options", OPTIONS, options);
  return findPhotographs(DISK, folder, options);
}
