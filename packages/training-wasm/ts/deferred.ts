// Tensors whose values are computed when they are first read, so that operations that follow each other become one.

import type { DataType } from "@tensorflow/tfjs-core";

/** What the backend keeps of a tensor; tensors that share their values share it. */
export interface TensorData {
  /** Index in the table of TensorFlow.js' own kernels. */
  readonly id: number;
  /** Address of the values. */
  readonly memoryOffset: number;
  readonly shape: readonly number[];
  readonly dtype: DataType;
  /** Tensors of TensorFlow.js that have these values. */
  refCount: number;
  /** Computations that are going to read the values, which therefore outlive their tensors. */
  holds?: number;
}

/** How values are computed from other tensors. */
export interface Computation {
  /** What it reads. */
  readonly inputs: readonly TensorData[];
  /**
   * Writes all values from `address` on.
   *
   * @throws {TrainingWasmError} `OUT_OF_MEMORY`; it can then be tried again
   */
  compute(address: number): void;
}

/** Where computed values are. */
export interface Place {
  readonly id: number;
  readonly memoryOffset: number;
}

/** Values that are computed when their address is asked for. */
export class DeferredData implements TensorData {
  readonly shape: readonly number[];
  readonly dtype: DataType = "float32";
  refCount = 1;
  holds = 0;
  #computation: Computation | undefined;
  #place: Place | undefined;
  readonly #computed: (data: DeferredData, computation: Computation) => Place;

  /** @param computed allocates memory, computes the values there, and releases the inputs */
  constructor(
    shape: readonly number[],
    computation: Computation,
    computed: (data: DeferredData, computation: Computation) => Place,
  ) {
    this.shape = shape;
    this.#computation = computation;
    this.#computed = computed;
  }

  /** How the values will be computed; undefined once they are. */
  get computation(): Computation | undefined {
    return this.#computation;
  }

  get id(): number {
    return this.#where().id;
  }

  get memoryOffset(): number {
    return this.#where().memoryOffset;
  }

  #where(): Place {
    if (this.#computation !== undefined) {
      this.#place = this.#computed(this, this.#computation);
      this.#computation = undefined;
    }
    return this.#place as Place;
  }
}

/** How the values of `data` will be computed; undefined if they exist. */
export function computationOf(data: TensorData): Computation | undefined {
  return data instanceof DeferredData ? data.computation : undefined;
}
