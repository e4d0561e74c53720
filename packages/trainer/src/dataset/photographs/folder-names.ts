// The meaning of folder and file names in collections of photographs: splits, and files created by operating systems.

import type { Split } from "../split.ts";

/** Names of the splits in public datasets. */
const SPLIT_WORDS: Readonly<Record<Split, readonly string[]>> = {
  train: ["train", "training", "trn"],
  val: ["val", "valid", "validation", "validate", "validating", "dev", "devel", "development", "eval"],
  test: ["test", "testing", "tst"],
};

/** Names of folders with unlabeled pictures, which some public datasets have next to their splits. */
const UNSORTED_WORDS: ReadonlySet<string> = new Set([
  "pred",
  "predict",
  "prediction",
  "predictions",
  "unlabeled",
  "unlabelled",
  "unsup",
  "submission",
]);

/** Words without meaning next to the names above: `seg_train`, `training_set`, `test-images`. */
const FILLING: ReadonlySet<string> = new Set([
  ..."set sets data dataset datasets image images img imgs picture pictures pics photo photos photographs".split(" "),
  ..."seg split splits folder folders dir part sample samples single".split(" "),
]);

/** The role of a folder according to its name: a split, unlabeled pictures, or undefined for anything else. */
export function folderRole(name: string): Split | "unsorted" | undefined {
  const roles = new Set<Split | "unsorted">();
  for (const word of wordsOf(name)) {
    const role = roleOf(word) ?? roleOf(withoutFilling(word));
    if (role !== undefined) roles.add(role);
    else if (!FILLING.has(word)) return undefined;
  }
  const [role, ...others] = roles;
  return others.length === 0 ? role : undefined;
}

/** The words of a name, in lower case: `Seg_Train2` and `segTrain` are `seg` and `train`. */
function wordsOf(name: string): readonly string[] {
  const apart = name.normalize("NFC").replaceAll(/(?<=\p{Ll})(?=\p{Lu})/gu, " ");
  return apart
    .toLowerCase()
    .split(/[\d\s_.,()[\]-]+/u)
    .filter((word) => word !== "");
}

function roleOf(word: string): Split | "unsorted" | undefined {
  if (UNSORTED_WORDS.has(word)) return "unsorted";
  return (["train", "val", "test"] as const).find((split) => SPLIT_WORDS[split].includes(word));
}

/** `trainset`, `testdata`, `trainimages` without their suffixes. */
function withoutFilling(word: string): string {
  return word.replace(/(?:set|data|dataset|images|imgs)$/, "");
}

/** Folders and files created by operating systems, sync tools and viewers, in lower case, besides names with a leading dot. */
const SYSTEM_NAMES: ReadonlySet<string> = new Set([
  // macOS
  "__macosx",
  "icon\r",
  "network trash folder",
  "temporary items",
  // Windows
  "$recycle.bin",
  "recycler",
  "recycled",
  "system volume information",
  "thumbs.db",
  "ehthumbs.db",
  "ehthumbs_vista.db",
  "desktop.ini",
  "folder.htt",
  "found.000",
  // Linux
  "lost+found",
  // network storage
  "@eadir",
  "@recycle",
  "@recently-snapshot",
  "#recycle",
  "#snapshot",
  "@sharebin",
  "@tmp",
  // programs
  "__pycache__",
  "node_modules",
  "picasa.ini",
]);

/** Whether `name` is a file or folder created by a system or a program: `Thumbs.db`, `@eaDir`, `__MACOSX`. */
export function isSystemName(name: string): boolean {
  return SYSTEM_NAMES.has(name.toLowerCase());
}
