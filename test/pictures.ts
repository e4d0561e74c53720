// Temporary folders, and generated photographs in them: dark vehicles on a white background.

import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import sharp from "sharp";
import { onTestFinished } from "vitest";

/** Files by path, with `/`. */
export type Files = Readonly<Record<string, Uint8Array | string>>;

/** Size of the drawn photographs in pixels. */
export const DRAWN = { width: 48, height: 36 } as const;

/** Positions of the vehicles in pixels. */
const SHAPES = {
  bus: { left: 4, top: 6, width: 40, height: 22 },
  car: { left: 11, top: 18, width: 25, height: 9 },
} as const;

/** The content of a drawn photograph. */
export type Vehicle = keyof typeof SHAPES;

/** `[height, width]` pixels of the vehicle's silhouette, row by row: 0 on the vehicle, 1 around it. */
export function silhouetteOf(vehicle: Vehicle): Uint8Array {
  const { left, top, width, height } = SHAPES[vehicle];
  return Uint8Array.from({ length: DRAWN.width * DRAWN.height }, (_, index) => {
    const x = index % DRAWN.width;
    const y = Math.floor(index / DRAWN.width);
    return x >= left && x < left + width && y >= top && y < top + height ? 0 : 1;
  });
}

/** A photograph of the vehicle, whose body has the gray level `shade` (0 to 120); PNG by default. */
export async function photographOf(
  vehicle: Vehicle,
  shade: number,
  format: "png" | "jpeg" | "webp" | "gif" | "tiff" | "avif" = "png",
): Promise<Buffer> {
  const levels = silhouetteOf(vehicle).map((pixel) => (pixel === 1 ? 255 : shade));
  return sharp(levels, { raw: { ...DRAWN, channels: 1 } })
    .toFormat(format, { lossless: true })
    .toBuffer();
}

/** A photograph of the vehicle with spots of gray levels up to 120 that are unique to `number`, so it is not a copy. */
export async function spottedPhotographOf(vehicle: Vehicle, number: number): Promise<Buffer> {
  const levels = silhouetteOf(vehicle).map((pixel, index) => {
    const [x, y] = [index % DRAWN.width, Math.floor(index / DRAWN.width)];
    const spot = Math.imul(Math.floor(x / 6) * 16 + Math.floor(y / 4) + 1 + 1000 * number, 2_654_435_761) >>> 16;
    return pixel === 1 ? 255 : spot % 121;
  });
  return sharp(levels, { raw: { ...DRAWN, channels: 1 } })
    .png()
    .toBuffer();
}

/** `each` photographs of cars and of buses, in `car/<number>.png` and `bus/<number>.png`. */
export async function carsAndBuses(each: number): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (const vehicle of ["car", "bus"] as const) {
    for (let index = 0; index < each; index++) {
      files[`${vehicle}/${String(index).padStart(3, "0")}.png`] = await spottedPhotographOf(vehicle, index);
    }
  }
  return files;
}

/** `each` copies of one photograph of a car and of one of a bus: many files, quickly drawn. */
export async function copiesOfCarAndBus(each: number): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  for (const vehicle of ["car", "bus"] as const) {
    const photograph = await photographOf(vehicle, 30);
    for (let index = 0; index < each; index++) files[`${vehicle}/${index}.png`] = photograph;
  }
  return files;
}

/** An empty folder, removed after the test. */
export function emptyFolder(): string {
  const folder = newFolder();
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** An empty folder that the caller removes. */
export function newFolder(): string {
  // As programs in it name it: macOS has links, and Windows short names, on the way to temporary folders.
  return realpathSync.native(mkdtempSync(join(tmpdir(), "silhouette-test-")));
}

/** Removes a folder with its content. */
export function removeFolder(folder: string): void {
  // On Windows, a virus scanner may still have a file open.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** A folder with these files, removed after the test. */
export function folderWith(files: Files): string {
  const folder = emptyFolder();
  writeFiles(folder, files);
  return folder;
}

/** Writes files, and creates their folders. */
export function writeFiles(folder: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** The state of all files in a folder: content, mode, modification time. */
export function stateOf(folder: string): Readonly<Record<string, string>> {
  const state: Record<string, string> = {};
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const file = join(folder, path);
    const status = lstatSync(file);
    let content = "";
    if (status.isSymbolicLink()) content = readlinkSync(file);
    if (status.isFile()) content = createHash("sha256").update(readFileSync(file)).digest("hex");
    state[path] = `${status.mode} ${status.mtimeMs} ${content}`;
  }
  return state;
}
