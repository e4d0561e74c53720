// A chart of Observable Plot in a view: drawn for the width that it has, and again whenever its data or its width change. It takes its
// colors from the style sheet, so light, dark and paper need no drawing of their own.

import { plot, type PlotOptions } from "@observablehq/plot";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export interface ChartProps {
  /** What it shows, in words. */
  readonly label: string;
  /** In pixels; kept free before it is drawn. */
  readonly height: number;
  readonly options: PlotOptions;
}

/** An SVG as wide as its surroundings. */
export function Chart({ label, height, options }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (width === 0) return undefined;
    const draw = (): void => {
      const drawn = plot({ ...options, className: "plot", ariaLabel: label, width, height });
      drawn.setAttribute("role", "img");
      // A picture has one name, not one for each of its parts.
      for (const part of drawn.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
      // The page's policy allows no style but its own, which has these rules.
      drawn.querySelector("style")?.remove();
      box.current?.replaceChildren(drawn);
    };
    // Each chart in a task of its own: together they would block the page.
    const timer = setTimeout(draw);
    return () => clearTimeout(timer);
  });
  return <div class="chart" ref={box} style={{ minHeight: `${height}px` }} />;
}
