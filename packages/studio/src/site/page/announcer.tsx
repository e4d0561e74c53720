// Tells those who hear the page what has changed, once it has settled.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

export interface AnnouncerProps {
  /** What is told; empty for nothing. */
  readonly text: string;
  /** How long it has to stay the same before it is told, in milliseconds. */
  readonly settledMs: number;
}

/** A live region that is not seen. */
export function Announcer({ text, settledMs }: AnnouncerProps): JSX.Element {
  const [told, tell] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => tell(text), settledMs);
    return () => clearTimeout(timer);
  }, [text, settledMs]);
  return (
    <p class="hidden" role="status">
      {told}
    </p>
  );
}
