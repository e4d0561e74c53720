// A result of a training suite as a picture: bars of each peer's milliseconds a picture. In: a result. Out: SVG.

import { init, use } from "echarts/core";
import { BarChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

import { milliseconds } from "./report.ts";
import type { TrainingResult } from "./result.ts";
import { SUITE_TITLES } from "./training-report.ts";

use([BarChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const WIDTH = 900;
const BAR_PIXELS = 14;
const HEAD_PIXELS = 84;
const FOOT_PIXELS = 44;

/** A document of its own, that needs no script and no font. */
export function svgChart({ suite, groups, machine }: TrainingResult): string {
  const batches = [...new Set(groups.map(({ batch }) => batch))];
  const rows = [...new Set(groups.flatMap(({ peers }) => peers.map(({ name, threads }) => rowName(name, threads))))];
  const height = HEAD_PIXELS + FOOT_PIXELS + rows.length * (batches.length * BAR_PIXELS + 14);
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    backgroundColor: "#fff",
    title: {
      text: SUITE_TITLES[suite],
      subtext: `medians, less is faster; ${machine.day}, ${machine.processor}, Node ${machine.versions["Node"] ?? "?"}`,
      left: 10,
      textStyle: { fontSize: 15 },
    },
    legend: { top: 52, left: 10, data: batches.map((batch) => `batch ${batch}`) },
    grid: { left: 230, right: 70, top: HEAD_PIXELS, bottom: FOOT_PIXELS },
    xAxis: { type: "value", name: "ms", nameLocation: "middle", nameGap: 26 },
    yAxis: { type: "category", inverse: true, data: rows },
    series: batches.map((batch) => ({
      name: `batch ${batch}`,
      type: "bar",
      barWidth: BAR_PIXELS - 2,
      label: {
        show: true,
        position: "right",
        formatter: ({ value }: { readonly value: unknown }) => (typeof value === "number" ? milliseconds(value) : ""),
      },
      data: rows.map((row) => {
        for (const { batch: ofGroup, peers } of groups) {
          const peer = peers.find(({ name, threads }) => rowName(name, threads) === row);
          if (ofGroup === batch && peer !== undefined) return peer.medianMilliseconds;
        }
        return null;
      }),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

function rowName(peer: string, threads: number): string {
  return `${peer}, ${threads === 1 ? "1 thread" : `${threads} threads`}`;
}
