// Shares as lengths, beside the numbers that they draw.

/** A bar of a share of 0 to 1; nothing if it is unknown. */
export function Bar({ share }: { readonly share: number | null }) {
  if (share === null) return null;
  return (
    <span class="bar" aria-hidden="true">
      <span style={{ width: `${100 * share}%` }} />
    </span>
  );
}

export interface IntervalBarProps {
  /** 0 to 1. */
  readonly share: number;
  readonly interval: readonly [low: number, high: number];
}

/** A share and its interval, on a line from 0 to 100 %. */
export function IntervalBar({ share, interval: [low, high] }: IntervalBarProps) {
  return (
    <div class="interval" aria-hidden="true">
      <div class="track">
        <span class="range" style={{ left: `${100 * low}%`, width: `${100 * (high - low)}%` }} />
        <span class="point" style={{ left: `${100 * share}%` }} />
      </div>
      <div class="ends">
        <span>0</span>
        <span>50</span>
        <span>100 %</span>
      </div>
    </div>
  );
}
