import { describe, expect, it } from "vitest";

import type { DuplicateGroup } from "../../dataset/duplicates.ts";
import { duplicatesEvent } from "./prepare-events.ts";

const group = (name: string, across: Partial<DuplicateGroup> = {}): DuplicateGroup => ({
  paths: [`${name}.png`, `${name} (1).png`],
  labels: ["car"],
  splits: ["train"],
  ...across,
});

describe("the event of duplicates", () => {
  it("counts all groups and contains the 20 most important: those across classes first, then those across splits", () => {
    const groups = [
      ...Array.from({ length: 30 }, (_, index) => group(`same${index}`)),
      group("splits", { splits: ["train", "test"] }),
      group("classes", { labels: ["car", "bus"] }),
      group("both", { labels: ["car", "bus"], splits: ["train", "test"] }),
    ];
    const counts = { exact: 33, near: 0, acrossLabels: 2, acrossSplits: 2 };
    expect(duplicatesEvent({ ...counts, groups })).toEqual({
      type: "duplicates",
      ...counts,
      groups: 33,
      examples: [groups[32], groups[31], groups[30], ...groups.slice(0, 17)],
    });
  });
});
