import { expect, it } from "vitest";

import { leaveOutTexts, matchLeaveOut } from "./leave-out.ts";

const PRESENT = ["train/car/001.jpg", "train/car/ä 2.jpg", "test/bus/003.jpg", String.raw`train/car/a\b.jpg`];

it("finds paths as they are, with backslashes, a leading ./, spaces around them, or accents apart", () => {
  const listed = [
    String.raw`train\car\001.jpg`,
    "./test/bus/003.jpg ",
    "train/car/ä 2.jpg".normalize("NFD"),
    String.raw`train/car/a\b.jpg`,
  ];
  const { leftOut, unmatched } = matchLeaveOut(listed, PRESENT);
  expect([...leftOut].toSorted()).toEqual(PRESENT.toSorted());
  expect(unmatched).toEqual([]);
});

it("suggests the file that was moved, or the most similar path, for a path that no file has", () => {
  const listed = ["train/car/003.jpg", "train/car/0O1.jpg", "something else"];
  expect(matchLeaveOut(listed, PRESENT)).toEqual({
    leftOut: new Set(),
    unmatched: [
      { path: "train/car/003.jpg", similar: "test/bus/003.jpg" },
      { path: "train/car/0O1.jpg", similar: "train/car/001.jpg" },
      { path: "something else", similar: null },
    ],
  });
  expect(matchLeaveOut(["a"], [])).toEqual({ leftOut: new Set(), unmatched: [{ path: "a", similar: null }] });
});

it("suggests the file at the end of a path from another folder, and among files of one name the most similar path", () => {
  const present = ["bike/1.png", "car/1.png", "old/car/1.png", "car/2.png"];
  const suggested = (path: string): unknown => matchLeaveOut([path], present).unmatched[0]?.similar;
  expect(suggested("/home/ann/photos/car/1.png")).toBe("car/1.png");
  expect(suggested("../photos/old/car/1.png")).toBe("old/car/1.png");
  expect(suggested(String.raw`C:\photos\car\2.png`)).toBe("car/2.png");
  expect(suggested("CAR/1.png")).toBe("car/1.png");
});

it("names two lists by a few files, those first that only one of them has", () => {
  expect(leaveOutTexts(["a", "b", "c", "d", "e"], ["a", "b", "c"])).toEqual(["d, e, a and 2 more", "a, b, c"]);
  expect(leaveOutTexts(["a", "b", "c", "d"], ["a", "b", "c", "e"])).toEqual([
    "d, a, b and 1 more",
    "e, a, b and 1 more",
  ]);
  expect(leaveOutTexts(["a"], undefined)).toEqual(["a", "none"]);
  const [now, then] = leaveOutTexts(["a", "b"], ["a", "b"]);
  expect(now).toBe(then);
});
