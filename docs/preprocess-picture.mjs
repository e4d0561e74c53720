// Draws preprocess.png, the figure in packages/preprocess-wasm/README.md: a photograph, its gray levels and its mask, side by
// side. Run by hand, with scikit-image's `coffee.png` (by Rachel Michetti, CC0):
//
//     node docs/preprocess-picture.mjs coffee.png

import { fileURLToPath } from "node:url";

import { init, Preprocessor } from "@silhouette/preprocess-wasm";
import sharp from "sharp";

const [photograph] = process.argv.slice(2);
if (photograph === undefined)
  throw new Error("Expected the path of a photograph. Run: node docs/preprocess-picture.mjs PHOTO");

const GAP = 12;
const CAPTION = 34;
const [width, height] = [300, 200];

const { data, info } = await sharp(photograph).removeAlpha().raw().toBuffer({ resolveWithObject: true });
const picture = { data, width: info.width, height: info.height, channels: /** @type {3} */ (3) };

await init();
const preprocessor = new Preprocessor({ width, height });
const levels = new Uint8Array(width * height);
const mask = new Uint8Array(width * height);
preprocessor.resize(picture, levels);
const threshold = preprocessor.binarize(picture, mask, { format: "0/255" });

const gray = (/** @type {Uint8Array} */ plane) =>
  sharp(plane, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
const panels = [
  { caption: "photograph", png: await sharp(photograph).resize(width, height, { fit: "fill" }).png().toBuffer() },
  { caption: "gray, resized", png: await gray(levels) },
  { caption: `mask, Otsu's threshold: ${threshold}`, png: await gray(mask) },
];
const captions = panels.map(
  ({ caption }, index) =>
    `<text x="${index * (width + GAP) + width / 2}" y="${height + 23}" text-anchor="middle">${caption}</text>`,
);
const size = { width: panels.length * (width + GAP) - GAP, height: height + CAPTION };
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" font-family="sans-serif"
  font-size="15" fill="#24292f">${captions.join("")}</svg>`;
await sharp({ create: { ...size, channels: 3, background: "white" } })
  .composite([
    ...panels.map(({ png }, index) => ({ input: png, left: index * (width + GAP), top: 0 })),
    { input: Buffer.from(svg), left: 0, top: 0 },
  ])
  .png({ compressionLevel: 9, palette: true })
  .toFile(fileURLToPath(new URL("preprocess.png", import.meta.url)));
