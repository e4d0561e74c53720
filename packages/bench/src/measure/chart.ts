// Horizontal bars of milliseconds. In: rows and their values. Out: an SVG document without scripts or fonts.

import { init, use } from "echarts/core";
import { BarChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

import type { Machine } from "./machine.ts";
import { milliseconds } from "./report-words.ts";

use([BarChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const WIDTH = 900;
const BAR_PIXELS = 14;
const HEAD_PIXELS = 84;
const FOOT_PIXELS = 44;

/** Bars of one color, one per row; null for none. */
export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** Bars for each row, with one color per series. */
export function barChart(title: string, machine: Machine, rows: readonly string[], series: readonly Series[]): string {
  const height = HEAD_PIXELS + FOOT_PIXELS + rows.length * (series.length * BAR_PIXELS + 14);
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    backgroundColor: "#fff",
    title: {
      text: title,
      subtext: `medians, lower is faster; ${machine.day}, ${machine.processor}, Node ${machine.versions["Node"] ?? "?"}`,
      left: 10,
      textStyle: { fontSize: 15 },
    },
    legend: { silent: true, selectedMode: false, top: 52, left: 10, data: series.map(({ name }) => name) },
    grid: { left: 270, right: 70, top: HEAD_PIXELS, bottom: FOOT_PIXELS },
    xAxis: { type: "value", name: "ms", nameLocation: "middle", nameGap: 26 },
    yAxis: { type: "category", inverse: true, data: [...rows] },
    series: series.map(({ name, values }) => ({
      name,
      type: "bar",
      silent: true,
      emphasis: { disabled: true },
      barWidth: BAR_PIXELS - 2,
      label: {
        show: true,
        position: "right",
        formatter: ({ value }: { readonly value: unknown }) => (typeof value === "number" ? milliseconds(value) : ""),
      },
      data: [...values],
    })),
  });
  // Its names count the charts of a process; the same result must give the same document.
  const svg = chart
    .renderToSVGString()
    .replaceAll(/\bzr\d+-(cls-\d+)?/g, (_, style) => (style === undefined ? "chart-" : "chart-style"));
  chart.dispose();
  return `${svg}\n`;
}
