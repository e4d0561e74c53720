// Reports on inspections, with pictures as `data:` URLs.

import type { Inspection } from "@silhouette/trainer";

import { inspectionReportData, type InspectionFacts } from "./inspection-data.ts";
import { dataUrls } from "./picture-urls.ts";
import type { InspectionReport } from "./report-data.ts";

/**
 * The report of an inspection.
 *
 * @param inspection with {@link PAGE_EXAMPLES} examples
 */
export async function inspectionReport(inspection: Inspection, facts: InspectionFacts): Promise<InspectionReport> {
  return inspectionReportData(inspection, facts, dataUrls);
}
