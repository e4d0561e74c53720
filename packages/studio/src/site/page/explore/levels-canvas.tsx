// Gray levels as a picture.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

export interface LevelsCanvasProps {
  readonly width: number;
  readonly height: number;
  /** `[height, width]`, 0 to 255. */
  readonly levels: Uint8Array;
  /** What it shows. */
  readonly label: string;
}

/** A canvas with a pixel per level; its style scales it. */
export function LevelsCanvas({ width, height, levels, label }: LevelsCanvasProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context === null || context === undefined) return;
    const pixels = new ImageData(width, height);
    const words = new Uint32Array(pixels.data.buffer);
    // Red, green and blue are the level; the highest byte is the opacity.
    for (let at = 0; at < words.length; at++) words[at] = 0xff00_0000 | ((levels[at] ?? 0) * 0x01_0101);
    context.putImageData(pixels, 0, 0);
  }, [width, height, levels]);
  return <canvas ref={canvas} width={width} height={height} role="img" aria-label={label} />;
}
