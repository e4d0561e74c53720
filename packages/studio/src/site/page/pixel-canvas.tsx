// Pixels of the worker as pictures.

import { attentionPixels } from "@silhouette/report/parts";
import type { AttentionMap } from "@silhouette/trainer/browser";
import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";

import { levelPixels } from "../engine/level-pixels.ts";

interface PixelCanvasProps {
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
  /** What it shows; nothing for a decoration. */
  readonly label?: string;
  readonly class: string;
}

function PixelCanvas({ pixels, width, height, label, class: name }: PixelCanvasProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    canvas.current?.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
  }, [pixels, width, height]);
  const role = label === undefined ? { "aria-hidden": true } : ({ role: "img", "aria-label": label } as const);
  return <canvas ref={canvas} width={width} height={height} class={name} {...role} />;
}

export interface LevelsProps {
  /** `[height, width]`, 0 to 255. */
  readonly levels: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Levels above which pixels are white; none for gray. */
  readonly thresholds: readonly number[];
  readonly label: string;
}

/** Gray levels, as they are or in black and white. */
export function Levels({ levels, thresholds, ...canvas }: LevelsProps): JSX.Element {
  // Thresholds are compared by their values.
  const pixels = useMemo(() => levelPixels(levels, thresholds), [levels, thresholds.join()]);
  return <PixelCanvas {...canvas} pixels={pixels} class={thresholds.length === 0 ? "pixels" : "pixels crisp"} />;
}

/** Attention, laid over the picture before it. */
export function Attention({ map }: { readonly map: AttentionMap }): JSX.Element {
  const { data, width, height } = useMemo(() => attentionPixels(map), [map]);
  return <PixelCanvas pixels={data} width={width} height={height} class="pixels attention" />;
}

export interface BitmapProps {
  readonly bitmap: ImageBitmap;
  readonly label: string;
}

/** A photograph. */
export function Bitmap({ bitmap, label }: BitmapProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = bitmap;
  useLayoutEffect(() => {
    canvas.current?.getContext("2d")?.drawImage(bitmap, 0, 0);
  }, [bitmap]);
  return <canvas ref={canvas} width={width} height={height} class="pixels" role="img" aria-label={label} />;
}
