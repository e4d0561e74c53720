// For tests: temporary folders, and generated pictures.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import sharp from "sharp";
import { onTestFinished } from "vitest";

/** An empty folder, removed after the test. */
export function emptyFolder(): string {
  // As programs in it name it: macOS has links, and Windows short names, on the way to temporary folders.
  const folder = realpathSync.native(mkdtempSync(join(tmpdir(), "silhouette-test-")));
  // On Windows, a virus scanner may still have a file open.
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** A folder with these files: their content by path, with `/`. */
export function folderWith(files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = emptyFolder();
  writeFiles(folder, files);
  return folder;
}

/** Writes files into `folder`: their content by path, with `/`. */
export function writeFiles(folder: string, files: Readonly<Record<string, Uint8Array | string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** A PNG of a dark square on a light background; `shade` (0 to 120) makes it unique. */
export async function squarePng(shade: number): Promise<Buffer> {
  const square = {
    create: { width: 20, height: 20, channels: 3, background: { r: shade, g: shade, b: shade } },
  } as const;
  return sharp({ create: { width: 48, height: 36, channels: 3, background: "white" } })
    .composite([{ input: await sharp(square).png().toBuffer(), left: 8 + (shade % 10), top: 8 }])
    .png()
    .toBuffer();
}

/** Pictures of each class as `<class>/<number>.png`. */
export async function photographs(classes: readonly string[], each: number): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (const [place, label] of classes.entries()) {
    for (let index = 0; index < each; index++) {
      files[`${label}/${String(index).padStart(3, "0")}.png`] = await squarePng((place * 31 + index) % 120);
    }
  }
  return files;
}
