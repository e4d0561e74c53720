// What a template of predictors has, and where it is filled in.

/** Name of the template in the site. */
export const TEMPLATE = "predictor-template.html";

/** Where the title goes. */
export const TITLE = "<title></title>";

/** The name of a part: the id of its element. */
export type PartName = "model" | "weights" | "worker" | "preprocessing" | "simd128" | "tensorflow";

/** The element of a part, without content for one that is filled in later. */
export function partElement(name: PartName, packed = ""): string {
  return `<script type="application/gzip" id="${name}">${packed}</script>`;
}
