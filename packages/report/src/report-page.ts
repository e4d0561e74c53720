// A report as one HTML file, with everything in it.

import type { ReportData } from "./report-data.ts";

/** The page of a report. */
export function reportPage(data: ReportData): string {
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  return `<!doctype html>\n<meta charset="utf-8">\n<title>Silhouette</title>\n<script type="application/json" id="report">${json}</script>\n`;
}
