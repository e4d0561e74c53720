// Files that were chosen, dropped or pasted, with their paths; of folders all files, without hidden ones.

import type { ChosenFile } from "../engine/chosen-file.ts";

/** Files that systems put into folders on their own. */
const SYSTEM_FILES: ReadonlySet<string> = new Set(["Thumbs.db", "desktop.ini"]);

const ORDER = new Intl.Collator("en", { numeric: true });

/** The files of an input or of a clipboard. */
export function chosenFrom(files: FileList | null): readonly ChosenFile[] {
  return inOrder([...(files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}

/**
 * The files of a drop, with those of folders. The drop's data is read before this returns: later it is empty.
 *
 * @throws {DOMException} if a folder cannot be read
 */
export async function droppedFrom({ items, files }: DataTransfer): Promise<readonly ChosenFile[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return chosenFrom(files);
  return inOrder((await Promise.all(entries.map(filesWithin))).flat());
}

/** All files within a file or a folder. */
async function filesWithin(entry: FileSystemEntry): Promise<readonly ChosenFile[]> {
  const path = entry.fullPath.replace(/^\//, "");
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: ChosenFile[] = [];
  for (;;) {
    // Browsers return a hundred entries at a time, and none after the last ones.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return found;
    for (const files of await Promise.all(entries.map(filesWithin))) found.push(...files);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function inOrder(files: readonly ChosenFile[]): readonly ChosenFile[] {
  return files
    .filter(({ path }) => path.split("/").every((part) => !part.startsWith(".") && !SYSTEM_FILES.has(part)))
    .toSorted((one, other) => ORDER.compare(one.path, other.path));
}
