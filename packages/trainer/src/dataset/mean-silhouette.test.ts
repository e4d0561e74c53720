import { expect, it } from "vitest";

import { meanSilhouettes } from "./mean-silhouette.ts";
import { networkInput } from "./network-input.ts";
import type { StoredPicture } from "./picture-index.ts";
import { PictureSet } from "./picture-set.ts";

const stored = { width: 3, height: 3, pixelFormat: "binary1" } as const;

/** A picture whose first pixels are light. */
function picture(label: number, light: number): StoredPicture {
  const pixels = new Uint8Array(2);
  for (let at = 0; at < light; at++) pixels[at >> 3] = (pixels[at >> 3] ?? 0) | (0x80 >> (at % 8));
  return { path: `${label}/${light}`, label, split: "train", origin: [3, 3, 127], pixels };
}

it("is the share of a class's pictures that are light at each place", async () => {
  const input = await networkInput(stored, "otsu");
  const pictures = [picture(0, 9), picture(0, 2), picture(0, 0), picture(0, 1), picture(2, 0)];
  const means = await meanSilhouettes(PictureSet.of({ labels: ["car", "bus", "motorcycle"], input }, pictures));
  expect(means.map((mean) => mean && [...mean])).toEqual([
    [0.75, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25],
    null,
    [0, 0, 0, 0, 0, 0, 0, 0, 0],
  ]);
});
