// Lists of files to leave out, as `silhouette inspect --fix` writes them and people edit them: CSV, of which only the column `path` matters.

import type { LeaveOut, LeftOut } from "../../dataset/leave-out.ts";
import { csvText } from "../../values/csv-table.ts";
import { readTable } from "./csv-table.ts";
import { writeWhole } from "./whole-file.ts";

/**
 * The paths to leave out, each once, in order.
 *
 * @throws {TrainerError} `LEAVE_OUT_NOT_FOUND`, `LEAVE_OUT_UNREADABLE`
 */
export async function pathsToLeaveOut(leaveOut: LeaveOut | undefined): Promise<readonly string[]> {
  if (leaveOut === undefined) return [];
  if (typeof leaveOut !== "string") return [...new Set(leaveOut)].toSorted();
  const rows = await readTable(leaveOut, {
    what: "a list of files to leave out",
    columns: ["path"],
    missing: "LEAVE_OUT_NOT_FOUND",
    unreadable: "LEAVE_OUT_UNREADABLE",
    hint: "Write one with silhouette inspect SOURCE --fix LIST.csv, or your own: a line path, then one path per line.",
  });
  return [...new Set(rows.flatMap(({ path = "" }) => (path.trim() === "" ? [] : [path])))].toSorted();
}

/** Options whose list has been read. */
export type Resolved<Options extends { readonly leaveOut?: LeaveOut }> = Omit<Options, "leaveOut"> & {
  readonly leaveOut?: readonly string[];
};

/** The options, with the paths to leave out instead of a list of them. @throws {TrainerError} as {@link pathsToLeaveOut} */
export async function withPathsToLeaveOut<Options extends { readonly leaveOut?: LeaveOut }>(
  options: Options,
): Promise<Resolved<Options>> {
  const { leaveOut, ...others } = options;
  return leaveOut === undefined ? others : { ...others, leaveOut: await pathsToLeaveOut(leaveOut) };
}

/**
 * Writes a list: `path`, `reason`, `stays` (of copies, the one to keep), `label`, `split`.
 *
 * @throws {TrainerError} `OUTPUT_UNWRITABLE`
 */
export async function writeLeaveOut(path: string, files: readonly LeftOut[]): Promise<void> {
  const rows = files.map((file) => [file.path, file.reason, file.stays, file.label ?? "", file.split ?? ""]);
  const text = csvText([["path", "reason", "stays", "label", "split"], ...rows]);
  await writeWhole(path, "the list of files to leave out", [Buffer.from(text)]);
}
