// Public API of `@silhouette/trainer/facts`: what results and datasets say, for reports, in pages as in Node.js. Loads no TensorFlow.js;
// browser.ts exports the same and the rest.

export { exampleIssues, ISSUE_KINDS } from "./dataset/issues.ts";
export { BLANK_SHARE } from "./dataset/mask-statistics.ts";
export { seenShape } from "./dataset/network-input.ts";
export { isOverfitted } from "./training/overfitting.ts";
export { comparisonOf } from "./training/paired-test.ts";
export { bestEpoch } from "./training/state.ts";
export { VERSION } from "./values/version.ts";
