// Bars of milliseconds, a panel for each task, the fastest peer first and ours in a color of their own. In: rankings. Out: an SVG
// document without scripts or fonts.

import { init, use } from "echarts/core";
import { BarChart } from "echarts/charts";
import { GridComponent, TitleComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

import type { Machine } from "./machine.ts";
import type { RankedRow, Ranking } from "./ranking.ts";
import { milliseconds } from "./report-words.ts";

use([BarChart, GridComponent, TitleComponent, SVGRenderer]);

const WIDTH = 900;
const NAMES_PIXELS = 310;
const LABELS_PIXELS = 150;
const BAR_PIXELS = 12;
const ROW_PIXELS = 20;
const HEAD_PIXELS = 66;
const PANEL_HEAD_PIXELS = 30;
const PANEL_FOOT_PIXELS = 6;

const OURS = "#0b62c4";
const OTHERS = "#b4bac4";
const TEXT = "#30343b";
const FAINT = "#6b7280";

/** A panel for each ranking, each with its own scale. */
export function rankingChart(title: string, machine: Machine, rankings: readonly Ranking[]): string {
  const heights = rankings.map(({ rows }) => PANEL_HEAD_PIXELS + rows.length * ROW_PIXELS + PANEL_FOOT_PIXELS);
  const topOf = (index: number): number => heights.slice(0, index).reduce((sum, height) => sum + height, HEAD_PIXELS);
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: topOf(rankings.length) });
  const facts = `${machine.day}, ${machine.processor}, Node ${machine.versions["Node"] ?? "?"}`;
  chart.setOption({
    animation: false,
    backgroundColor: "#fff",
    title: [
      {
        text: title,
        subtext: `Blue: silhouette. Medians, lower is faster, with the lowest..highest of the rounds; ${facts}`,
        left: 10,
        textStyle: { fontSize: 15, color: TEXT },
        subtextStyle: { color: FAINT },
      },
      ...rankings.map((ranking, index) => ({
        text: ranking.title,
        left: 10,
        top: topOf(index),
        textStyle: { fontSize: 13, color: TEXT },
      })),
    ],
    grid: rankings.map(({ rows }, index) => ({
      left: NAMES_PIXELS,
      right: LABELS_PIXELS,
      top: topOf(index) + PANEL_HEAD_PIXELS,
      height: rows.length * ROW_PIXELS,
    })),
    xAxis: rankings.map((_, gridIndex) => ({ type: "value", gridIndex, show: false })),
    yAxis: rankings.map(({ rows }, gridIndex) => ({
      type: "category",
      gridIndex,
      inverse: true,
      data: rows.map(({ name }) => name),
      axisLine: { lineStyle: { color: OTHERS } },
      axisTick: { show: false },
      axisLabel: {
        interval: 0,
        color: TEXT,
        formatter: (name: string, index: number) => (rows[index]?.isOurs === true ? `{ours|${name}}` : name),
        rich: { ours: { color: OURS, fontWeight: "bold" } },
      },
    })),
    series: rankings.map(({ rows }, index) => ({
      type: "bar",
      xAxisIndex: index,
      yAxisIndex: index,
      silent: true,
      emphasis: { disabled: true },
      barWidth: BAR_PIXELS,
      label: {
        show: true,
        position: "right",
        color: TEXT,
        formatter: ({ dataIndex }: { readonly dataIndex: number }) => labelOf(rows[dataIndex]),
        rich: { spread: { color: FAINT, fontSize: 11, padding: [0, 0, 0, 6] } },
      },
      data: rows.map(({ medianMilliseconds: value, isOurs }) => ({
        value,
        itemStyle: { color: isOurs ? OURS : OTHERS },
      })),
    })),
  });
  // Its names count the charts of a process; the same result must give the same document.
  const svg = chart
    .renderToSVGString()
    .replaceAll(/\bzr\d+-(cls-\d+)?/g, (_, style) => (style === undefined ? "chart-" : "chart-style"));
  chart.dispose();
  return `${svg}\n`;
}

/** `25.3 24.6..27.9`, the spread smaller; none for a single call. */
function labelOf(row: RankedRow | undefined): string {
  if (row === undefined) return "";
  const { medianMilliseconds: median, lowestRoundMilliseconds: lowest, highestRoundMilliseconds: highest } = row;
  const spread = lowest === highest ? "" : `{spread|${milliseconds(lowest)}..${milliseconds(highest)}}`;
  return `${milliseconds(median)}${spread}`;
}
