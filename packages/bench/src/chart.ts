// Results as pictures: horizontal bars of milliseconds. In: a result. Out: SVG, a document that needs no script and no font.

import { init, use } from "echarts/core";
import { BarChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

import { CONVOLUTIONS_TITLE } from "./convolution-report.ts";
import type { ConvolutionTiming } from "./convolutions.ts";
import type { Machine } from "./machine.ts";
import { PREPROCESS_TITLE } from "./preprocess-report.ts";
import { threadsText } from "./relations.ts";
import { milliseconds } from "./report.ts";
import type { ConvolutionsResult, PreprocessResult, TrainingResult } from "./result.ts";
import { SUITE_TITLES } from "./training-report.ts";

use([BarChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const WIDTH = 900;
const BAR_PIXELS = 14;
const HEAD_PIXELS = 84;
const FOOT_PIXELS = 44;

/** Bars of one color, one for each row; null where there is none. */
interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** A row for each peer and number of threads, with a bar for each batch. */
export function trainingChart({ suite, groups, machine }: TrainingResult): string {
  const batches = [...new Set(groups.map(({ batch }) => batch))];
  const nameOf = (peer: string, threads: number): string => `${peer}, ${threadsText(threads)}`;
  const rows = [...new Set(groups.flatMap(({ peers }) => peers.map(({ name, threads }) => nameOf(name, threads))))];
  const series = batches.map((batch) => {
    const peers = groups.flatMap((group) => (group.batch === batch ? group.peers : []));
    const values = rows.map(
      (row) => peers.find(({ name, threads }) => nameOf(name, threads) === row)?.medianMilliseconds ?? null,
    );
    return { name: `batch ${batch}`, values };
  });
  return barChart(SUITE_TITLES[suite], machine, rows, series);
}

/** A row for each operation of each layer, with a bar for each family of kernels. */
export function convolutionsChart({ timings, machine }: ConvolutionsResult): string {
  const nameOf = ({ layer, operation }: ConvolutionTiming): string => `${layer}, ${operation}`;
  const rows = [...new Set(timings.map(nameOf))];
  const series = [...new Set(timings.map(({ name }) => name))].map((family) => {
    const values = timings.flatMap(({ name, medianMilliseconds }) => (name === family ? [medianMilliseconds] : []));
    return { name: family, values };
  });
  return barChart(CONVOLUTIONS_TITLE, machine, rows, series);
}

/** A row for each peer, of the first kind of picture. */
export function preprocessChart({ cases, machine }: PreprocessResult): string {
  const [{ name, peers } = { name: "", peers: [] }] = cases;
  const values = peers.map(({ medianMilliseconds }) => medianMilliseconds);
  return barChart(
    `${PREPROCESS_TITLE}: milliseconds`,
    machine,
    peers.map((peer) => peer.name),
    [{ name, values }],
  );
}

function barChart(title: string, machine: Machine, rows: readonly string[], series: readonly Series[]): string {
  const height = HEAD_PIXELS + FOOT_PIXELS + rows.length * (series.length * BAR_PIXELS + 14);
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    backgroundColor: "#fff",
    title: {
      text: title,
      subtext: `medians, less is faster; ${machine.day}, ${machine.processor}, Node ${machine.versions["Node"] ?? "?"}`,
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
  // Its names count the charts of a process: the same result shall give the same document.
  const svg = chart
    .renderToSVGString()
    .replaceAll(/\bzr\d+-(cls-\d+)?/g, (_, style) => (style === undefined ? "chart-" : "chart-style"));
  chart.dispose();
  return `${svg}\n`;
}
