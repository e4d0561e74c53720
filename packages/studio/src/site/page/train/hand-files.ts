// Hands files to the worker, so that the page answers in between.

import type { ChosenFile } from "../../engine/chosen-file.ts";
import type { EngineLink } from "../engine-link.ts";
import { nextTask } from "../next-task.ts";

/** A file that the worker has. */
export interface SharedFile extends ChosenFile {
  /** What the worker calls it. */
  readonly number: number;
}

/** Files in one message: each takes a browser a quarter of a millisecond. */
const AT_ONCE = 50;

/** Hands over files, in their order. */
export async function handFiles(engine: EngineLink, files: readonly ChosenFile[]): Promise<readonly SharedFile[]> {
  const shared: SharedFile[] = [];
  for (let at = 0; at < files.length; at += AT_ONCE) {
    const part = files.slice(at, at + AT_ONCE);
    const first = await engine.handFiles(part.map(({ file }) => file));
    shared.push(...part.map((each, index) => ({ ...each, number: first + index })));
    await nextTask();
  }
  return shared;
}
