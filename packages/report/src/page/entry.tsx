// The script of a report file: draws the data that stands beside it.

import { render } from "preact";

import type { ReportData } from "../report-data.ts";
import { ReportView } from "./report-view.tsx";

const place = document.querySelector("#report");
const json = document.querySelector("#data")?.textContent;
if (place !== null && json !== undefined && json !== null) {
  place.replaceChildren();
  render(<ReportView data={JSON.parse(json) as ReportData} />, place);
  // The browser looked for the anchor of the address before there were any.
  if (location.hash.length > 1) document.querySelector(`#${CSS.escape(location.hash.slice(1))}`)?.scrollIntoView();
}
