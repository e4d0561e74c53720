// Classes that a test says little about, as text.

import { expect, it } from "vitest";

import { missingPicturesLines, rareClassesText } from "./untested.ts";

it("classes that no network can learn are told from those that some folds do not test, with the longest lists shortened", () => {
  const rare = Array.from({ length: 12 }, (_, index) => ({ label: `rare ${index}`, pictures: 3, testedIn: 3 }));
  const classes = [{ label: "tram\n", pictures: 2, testedIn: 1 }, ...rare];
  const [unlearned, few, ...others] = rareClassesText({ type: "rareClasses", folds: 5, classes }).trimEnd().split("\n");
  expect(unlearned).toMatch(/^Warning: tram\\x0a: a single picture, or copies of one\. .*: add pictures$/);
  expect(few).toMatch(
    /^Warning: too few pictures for each of the 5 folds to test the class: rare 0 \(3\), .* and 2 more\. Add /,
  );
  expect(others).toEqual([]);
});

it("classes without training or test pictures are named, with files that are left out as a possible reason", () => {
  const counts = { train: [3, 0], val: [0, 0], test: [0, 2] };
  expect(missingPicturesLines(["car", "bus"], counts, false)).toEqual([
    "No training pictures of bus: add some",
    "Not tested, for lack of test pictures: car",
  ]);
  expect(missingPicturesLines(["car", "bus"], counts, true)).toEqual([
    "No training pictures of bus: add some. The files that are left out may be why",
    "Not tested, for lack of test pictures: car. The files that are left out may be why",
  ]);
  expect(missingPicturesLines(["car"], { train: [1], val: [0], test: [1] }, true)).toEqual([]);
});
