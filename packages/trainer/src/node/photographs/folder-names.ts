// What names of folders and files mean where people sort photographs: splits, and what systems leave lying about.

import type { Split } from "../../dataset/split.ts";

/** Words for the splits, as public datasets use them. */
const SPLIT_WORDS: Readonly<Record<Split, readonly string[]>> = {
  train: ["train", "training", "trn"],
  val: ["val", "valid", "validation", "validate", "validating", "dev", "devel", "development", "eval"],
  test: ["test", "testing", "tst"],
};

/** Words for pictures that nobody has sorted into classes, which lie beside the splits of some public datasets. */
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

/** Words that stand beside these and say nothing: `seg_train`, `training_set`, `test-images`. */
const FILLING: ReadonlySet<string> = new Set([
  ..."set sets data dataset datasets image images img imgs picture pictures pics photo photos photographs".split(" "),
  ..."seg split splits folder folders dir part sample samples single".split(" "),
]);

/** What a folder of photographs is by its name: pictures of a split, pictures without classes, or anything else. */
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

/** Letters that stand together, in lower case: `Seg_Train2` and `segTrain` are `seg` and `train`. */
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

/** `trainset`, `testdata`, `trainimages` without their ends. */
function withoutFilling(word: string): string {
  return word.replace(/(?:set|data|dataset|images|imgs)$/, "");
}

/** Folders and files that systems, synchronisers and viewers make, in lower case. Names that begin with a dot are, too. */
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

/** Whether `name` is of the system or a program: `Thumbs.db`, `@eaDir`, `__MACOSX`. */
export function isSystemName(name: string): boolean {
  return SYSTEM_NAMES.has(name.toLowerCase());
}
