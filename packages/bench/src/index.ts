// The public API of `@silhouette/bench`.

export {
  benchmark,
  BENCHMARK_DEFAULTS,
  SUITES,
  type BenchmarkOptions,
  type BenchmarkResult,
  type Suite,
} from "./benchmark.ts";
export { compare, comparisonText, type Change, type Comparison } from "./training/compare.ts";
export type { ConvolutionOperation } from "./convolutions/kernels.ts";
export type { ConvolutionTiming } from "./convolutions/result.ts";
export type { BinarySize } from "./measure/binary-sizes.ts";
export { BenchError, type BenchErrorCode } from "./measure/errors.ts";
export type { HistogramTiming } from "./preprocess/histogram.ts";
export type { Library } from "./measure/installed-package.ts";
export type { Machine } from "./measure/machine.ts";
export type { PoolTiming } from "./preprocess/pool.ts";
export type { Answer, CaseReport, PeerReport } from "./preprocess/result.ts";
export type { Thoroughness } from "./measure/suite.ts";
export type { BenchmarkPlan, BenchmarkTurn } from "./measure/turns.ts";
export { NETWORK_NAMES, type NetworkName } from "./training/built-in-networks.ts";
export { readResult, type Group, type StepProfile, type TrainingResult } from "./training/result.ts";
export type { BrowsersGroup, BrowsersResult, EngineTiming } from "./browsers/result.ts";
export type { Engine } from "./browsers/engines.ts";
export type { StepName } from "./browsers/step-turn.ts";
export type { Use } from "./networks/networks.ts";
export type { NetworkGroup, NetworksResult } from "./networks/result.ts";
export type { ConvolutionsResult } from "./convolutions/result.ts";
export type { OperationsResult, OperationTiming } from "./operations/result.ts";
export { FORMAT_VERSION, type ResultHead } from "./measure/result.ts";
export type { PeerTiming } from "./measure/peer-rounds.ts";
export type { MissingPeer } from "./measure/missing-peer.ts";
export type { PreprocessResult } from "./preprocess/result.ts";
export type { RoundSettings, Timing } from "./measure/rounds.ts";
export { TRAINING_SUITES, type Operation, type TrainingSuite } from "./training/turn.ts";
