import { describe, expect, it } from "vitest";

import { TrainerError } from "../../values/errors.ts";
import { issuesAmong, type LookedAt } from "../../dataset/issues.ts";
import { leaveOutEvent, warningsEvent } from "./prepare-events.ts";

const seen = (path: string, fields: Partial<LookedAt> = {}): LookedAt => ({
  path,
  label: "car",
  split: "train",
  group: 0,
  kind: "first",
  lightShare: 0.5,
  ...fields,
});

describe("the event of warnings", () => {
  it("has one warning per kind of issue, the most serious first, with at most three paths", () => {
    const pictures = [
      seen("car/1.png"),
      ...[2, 3, 4].map((number) => seen(`car/${number}.png`, { kind: "exact" })),
      seen("car/5.png", { group: 1, lightShare: 0.999 }),
      seen("car/6.png", { group: 2 }),
      seen("bus/6.png", { group: 2, label: "bus", kind: "near" }),
      seen("bus/7.png", { group: 3, label: "bus", lightShare: 0 }),
    ];
    const skips = [{ path: "car/8.png", code: "EMPTY_FILE", message: "is empty" }] as const;
    const event = warningsEvent("photos", issuesAmong({ labels: ["car", "bus"], pictures, skips }));
    expect(event).toEqual({
      type: "warnings",
      source: "photos",
      warnings: [
        {
          kind: "copies-across-labels",
          count: 1,
          note: "are one picture, labeled car and bus",
          examples: ["car/6.png", "bus/6.png"],
        },
        { kind: "unusable-file", count: 1, note: "is empty", examples: ["car/8.png"] },
        {
          kind: "blank-silhouette",
          count: 2,
          note: "has a silhouette that is 99.9 % white",
          examples: ["car/5.png"],
        },
        { kind: "copies", count: 1, note: "are one picture", examples: ["car/1.png", "car/2.png", "car/3.png"] },
      ],
    });
  });

  it("is none if there is nothing to warn of", () => {
    expect(warningsEvent("photos", [])).toBeUndefined();
  });
});

describe("the event of files that are left out", () => {
  it("names listed paths that no file has", () => {
    const unmatched = [{ path: "car/9.png", similar: "car/8.png" }];
    expect(leaveOutEvent({ leftOut: new Set(["car/1.png"]), unmatched }, "photos")).toEqual({
      type: "leaveOut",
      files: 1,
      unmatched,
    });
  });

  it("is an error if no file has any of the listed paths: the list is of another source", () => {
    const unmatched = [{ path: "cra/1.png", similar: "car/1.png" }];
    const make = (): unknown => leaveOutEvent({ leftOut: new Set(), unmatched }, "photos");
    expect(make).toThrow(TrainerError);
    expect(make).toThrow("none of its 1 is there, such as cra/1.png; did you mean car/1.png?");
  });
});
