// Computed in every environment: each picture of pictures.js alone, and the first one repeatedly in a pool, if available.

import pictures from "./pictures.js";

/** `[picture]`: thresholds, and bits as base64. */
export function answers({ Preprocessor }) {
  return pictures.map(({ source, target }) => {
    const preprocessor = new Preprocessor(sizeOf(target));
    const bits = new Uint8Array(preprocessor.packedBytes);
    return textOf(preprocessor.binarize(pictureOf(source), bits), bits);
  });
}

/** Like {@link answers}, for the first picture repeatedly. */
export async function answersOfPool({ PreprocessorPool }) {
  const [{ source, target }] = pictures;
  const pool = await PreprocessorPool.start({ ...sizeOf(target), workers: 2 });
  const texts = [];
  const many = Array.from({ length: 100 }, () => pictureOf(source));
  for await (const result of pool.binarize(many, { transfer: true })) {
    texts.push("error" in result ? String(result.error) : textOf(result.threshold, result.mask));
  }
  await pool.close();
  return texts;
}

function pictureOf({ width, height, channels, picture }) {
  const data = Uint8Array.from(atob(picture), (character) => character.charCodeAt(0));
  return { data, width, height, channels };
}

function sizeOf({ width, height }) {
  return { width, height };
}

function textOf(threshold, bits) {
  return `${threshold} ${btoa(String.fromCharCode(...bits))}`;
}
