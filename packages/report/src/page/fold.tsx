// Long lists show their first entries on a screen, and all on paper.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { whole } from "./numbers.ts";

export interface FoldProps {
  /** Number of entries. */
  readonly total: number;
  /** Number of entries that are shown at first. */
  readonly first: number;
  /** What the entries are, in the plural. */
  readonly what: string;
  /** Draws the list: entries for which `isBeyond` are marked with the class `beyond`. */
  readonly children: (isBeyond: (index: number) => boolean) => ComponentChildren;
}

/** A list that can be unfolded. */
export function Fold({ total, first, what, children }: FoldProps) {
  const [isOpen, setOpen] = useState(false);
  const isBeyond = (index: number): boolean => !isOpen && index >= first;
  return (
    <>
      {children(isBeyond)}
      {total > first && (
        <button type="button" class="fold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? `Show only ${whole(first)}` : `Show all ${whole(total)} ${what}`}
        </button>
      )}
    </>
  );
}
