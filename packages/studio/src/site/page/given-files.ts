// Files that people give the page: dropped, or chosen in a dialog, with their paths in the folders that they come from.

/** A file with its path. */
export interface GivenFile {
  /** Path with `/`: the name of the file, after those of the folders that were given. */
  readonly path: string;
  readonly content: File;
}

/** Chosen files. */
export function chosenFiles(files: Iterable<File> | null): readonly GivenFile[] {
  return Array.from(files ?? [], (content) => ({
    path: content.webkitRelativePath === "" ? content.name : content.webkitRelativePath,
    content,
  }));
}

/** Dropped files, and those in dropped folders. To be called while the drop is handled: the browser forgets it afterwards. */
export async function droppedFiles(drop: DataTransfer): Promise<readonly GivenFile[]> {
  const entries = Array.from(drop.items, (item) => item.webkitGetAsEntry());
  const files: GivenFile[] = [];
  for (const entry of entries) if (entry !== null) await collect(entry, "", files);
  return files;
}

/** Adds the files of an entry. What cannot be read is left out, as what is not there. */
async function collect(entry: FileSystemEntry, prefix: string, files: GivenFile[]): Promise<void> {
  const path = `${prefix}${entry.name}`;
  if (isFile(entry)) {
    const content = await new Promise<File | undefined>((resolve) => {
      entry.file(resolve, () => resolve(undefined));
    });
    if (content !== undefined) files.push({ path, content });
  } else if (isFolder(entry)) {
    const reader = entry.createReader();
    for (;;) {
      // A folder is read in parts: the last one is empty.
      const some = await new Promise<readonly FileSystemEntry[]>((resolve) => {
        reader.readEntries(resolve, () => resolve([]));
      });
      if (some.length === 0) return;
      for (const each of some) await collect(each, `${path}/`, files);
    }
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
