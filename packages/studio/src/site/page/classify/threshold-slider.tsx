// The histogram of gray levels with the threshold as a line that can be moved.

import type { JSX } from "preact";
import { useMemo } from "preact/hooks";

export interface ThresholdSliderProps {
  /** `[256]`: number of pixels of each level. */
  readonly histogram: Uint32Array;
  /** Otsu's threshold: the lower one of two. */
  readonly otsu: number;
  /** The threshold that the slider is at. */
  readonly threshold: number;
  /** All thresholds in use. */
  readonly thresholds: readonly number[];
  /** Gets another threshold; undefined for Otsu's. */
  readonly onThreshold: (threshold: number | undefined) => void;
}

const LIGHTEST = 255;

const HEIGHT = 100;

/** A slider from black to white. */
export function ThresholdSlider({
  histogram,
  otsu,
  threshold,
  thresholds,
  onThreshold,
}: ThresholdSliderProps): JSX.Element {
  const isSingle = useMemo(() => histogram.filter((count) => count > 0).length < 2, [histogram]);
  const isMoved = threshold !== otsu;
  return (
    <div class="threshold">
      <div class="threshold-head">
        <label for="threshold">
          Threshold <output class="threshold-value">{threshold}</output>
        </label>
        <button type="button" class="quiet" disabled={!isMoved} onClick={() => onThreshold(undefined)}>
          Back to Otsu’s {otsu}
        </button>
      </div>
      <div class="threshold-track">
        <Histogram histogram={histogram} otsu={otsu} thresholds={thresholds} />
        <input
          id="threshold"
          type="range"
          min={0}
          max={LIGHTEST}
          step={1}
          value={threshold}
          disabled={isSingle}
          aria-valuetext={isMoved ? String(threshold) : `${threshold}, Otsu’s threshold`}
          onInput={({ currentTarget: { valueAsNumber } }) =>
            onThreshold(valueAsNumber === otsu ? undefined : valueAsNumber)
          }
        />
      </div>
      <p class="note">
        {isSingle
          ? "The picture has a single gray level: no threshold divides it."
          : "Gray levels from black to white. Lighter pixels than the threshold become white."}
      </p>
    </div>
  );
}

export interface HistogramProps extends Pick<ThresholdSliderProps, "histogram" | "thresholds"> {
  /** Otsu's threshold, if it is marked. */
  readonly otsu?: number;
}

/** The histogram, with roots as heights: else a few frequent levels would hide all others. */
export function Histogram({ histogram, otsu, thresholds }: HistogramProps): JSX.Element {
  const [threshold = -1] = thresholds;
  const bars = useMemo(() => {
    const most = Math.sqrt(histogram.reduce((largest, count) => Math.max(largest, count), 1));
    return [...histogram].map((count) => (HEIGHT * Math.sqrt(count)) / most);
  }, [histogram]);
  const path = (from: number, to: number): string =>
    bars
      .slice(from, to)
      .map((height, index) => `M${from + index} ${HEIGHT}V${(HEIGHT - height).toFixed(2)}h1V${HEIGHT}z`)
      .join("");
  return (
    <svg class="histogram" viewBox={`0 0 256 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path class="dark" d={path(0, threshold + 1)} />
      <path class="light" d={path(threshold + 1, bars.length)} />
      {otsu !== undefined && <line class="otsu" x1={otsu + 0.5} x2={otsu + 0.5} y1="0" y2={HEIGHT} />}
      {thresholds.map((each) => (
        <line key={each} class="line" x1={each + 0.5} x2={each + 0.5} y1="0" y2={HEIGHT} />
      ))}
    </svg>
  );
}
