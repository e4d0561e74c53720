// Public API of `@silhouette/trainer/datasets`: makes, reads and inspects datasets without loading TensorFlow.js. index.ts exports the same and the
// rest.

export { discover } from "./node/photographs/discover.ts";
export { inspect, type InspectEvent, type InspectOptions, type Inspection } from "./node/inspect.ts";
export { leftOutOf, type LeftOut } from "./dataset/leave-out.ts";
export { writeLeaveOut } from "./node/files/leave-out-list.ts";
export { prepare } from "./node/photographs/prepare.ts";
export { DatasetWriter } from "./node/files/dataset-writer.ts";
export { openDataset } from "./node/files/open-dataset.ts";
