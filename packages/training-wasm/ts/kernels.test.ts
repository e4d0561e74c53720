// The kernels that replace stock ones: the bugs that they fix, and the behavior that they keep.

import { beforeAll, describe, expect, it } from "vitest";

import { canRun, KERNEL_SETS, kernelsBinary } from "./engine.ts";
import { convReluMaxPool, enableTraining, type TrainingBackend } from "./index.ts";
import { bytesOf, distance, generator, tensor } from "./testing/numbers.ts";
import { tf } from "./testing/tensorflow.ts";

let training: TrainingBackend;
beforeAll(async () => {
  training = await enableTraining();
});

const TRANSPOSITIONS: readonly [transposeA: boolean, transposeB: boolean][] = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
];

/** Matrices `[4, 5]` and `[5, 3]` with these outer axes, given as `tf.matMul` with the transpositions wants them. */
function operands(
  outers: readonly [readonly number[], readonly number[]],
  transposeA: boolean,
  transposeB: boolean,
): readonly [tf.Tensor, tf.Tensor] {
  const next = generator(21);
  return [
    tensor(next, [...outers[0], ...(transposeA ? [5, 4] : [4, 5])]),
    tensor(next, [...outers[1], ...(transposeB ? [3, 5] : [5, 3])]),
  ];
}

/** The product of each pair of matrices alone. */
function productOneByOne(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): tf.Tensor {
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [many, others] = [a, b].map((each) =>
    tf.unstack(tf.reshape(tf.broadcastTo(each, [...outer, ...each.shape.slice(-2)]), [-1, ...each.shape.slice(-2)])),
  ) as [tf.Tensor2D[], tf.Tensor2D[]];
  const upright = (each: tf.Tensor2D, isTransposed: boolean): tf.Tensor2D => (isTransposed ? tf.transpose(each) : each);
  const products = many.map((each, index) =>
    tf.matMul(upright(each, transposeA), upright(others[index] ?? tf.tensor2d([[NaN]]), transposeB)),
  );
  const first = products[0] ?? tf.tensor2d([[NaN]]);
  return tf.reshape(tf.stack(products), [...outer, ...first.shape]);
}

describe("MaxPoolGrad", () => {
  it("passes the gradient to a maximum of 0 or less, unlike the stock kernel", () => {
    const x = tf.tensor4d([-4, -1, -3, -2, 0, -9, -5, 0], [2, 2, 2, 1]);
    const gradient = tf.grad((at: tf.Tensor) => tf.maxPool(at as tf.Tensor4D, 2, 2, "valid"))(x);
    expect([...gradient.dataSync()]).toEqual([0, 1, 0, 0, 1, 0, 0, 0]);
  });
});

describe("_FusedMatMul", () => {
  it.each(TRANSPOSITIONS)(
    "adds the bias to all rows, transposed (%s, %s) too, where the stock kernel gets them wrong",
    (transposeA, transposeB) => {
      const [a, b] = operands([[], []], transposeA, transposeB) as [tf.Tensor2D, tf.Tensor2D];
      const bias = tensor<tf.Rank.R1>(generator(22), [3]);
      const fused = tf.fused.matMul({ a, b, transposeA, transposeB, bias, activation: "relu" });
      expect(distance(fused, tf.relu(tf.add(productOneByOne(a, b, transposeA, transposeB), bias)))).toBe(0);
    },
  );

  it("leaves no tensors behind when it fails", () => {
    const a = tf.ones<tf.Rank.R2>([5, 4], "float32");
    const kernels = tf.backend();
    const before = kernels.numDataIds();
    const failed = (): unknown =>
      tf.engine().runKernel(
        "_FusedMatMul",
        { a: tf.reshape(a, [1, 5, 4]), b: tf.reshape(a, [1, 5, 4]), bias: a },
        {
          transposeA: true,
          transposeB: false,
          activation: "linear",
        },
      );
    expect(() => tf.tidy(() => failed() as tf.Tensor)).toThrow("could not be broadcast");
    expect(kernels.numDataIds()).toBe(before);
  });

  it("refuses a bias of more numbers than columns, as TensorFlow.js' shape does, instead of using the first", () => {
    const [a, b, bias] = [tf.ones<tf.Rank.R2>([5, 1]), tf.ones<tf.Rank.R2>([1, 1]), tf.tensor1d([1, 2, 3])];
    expect(() => tf.tidy(() => tf.fused.matMul({ a, b, bias }))).toThrow(
      "Size(15) must match the product of shape 5,1",
    );
    tf.dispose([a, b, bias]);
  });
});

describe("BatchMatMul", () => {
  const OUTERS: readonly [readonly number[], readonly number[]][] = [
    [
      [2, 3],
      [2, 3],
    ],
    [
      [2, 3],
      [1, 3],
    ],
    [
      [2, 3],
      [2, 1],
    ],
    [
      [2, 1],
      [1, 3],
    ],
    [[2, 3], [3]],
    [[2, 3], [1]],
    [[2, 3], []],
    [[], [2, 3]],
    [
      [1, 3],
      [2, 1],
    ],
    [[4], [1]],
  ];

  it.each(TRANSPOSITIONS)("multiplies the correct matrices in broadcast batches (%s, %s)", (transposeA, transposeB) => {
    for (const outers of OUTERS) {
      const [a, b] = operands(outers, transposeA, transposeB);
      const product = tf.matMul(a, b, transposeA, transposeB);
      expect(distance(product, productOneByOne(a, b, transposeA, transposeB))).toBe(0);
    }
  });

  it("of matrices without numbers gives zeros, and empty ones", () => {
    const zeros = tf.matMul(tf.zeros([0, 2]), tf.zeros([0, 3]), true, false);
    expect([zeros.shape, [...zeros.dataSync()]]).toEqual([
      [2, 3],
      [0, 0, 0, 0, 0, 0],
    ]);
    expect(tf.matMul(tf.ones([4, 0]), tf.ones([4, 3]), true, false).shape).toEqual([0, 3]);
    expect(tf.matMul(tf.ones([0, 2, 4]), tf.ones([0, 3, 4]), false, true).shape).toEqual([0, 2, 3]);
  });

  it("rejects matrices that do not match", () => {
    expect(() => tf.matMul(tf.ones([2, 3]), tf.ones([3, 4]), true, false)).toThrow("inner");
  });
});

describe("BatchMatMul of many rows", () => {
  /** The sums one by one, in 64 bits. */
  const definition = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
    const [rows = 0, depth = 0] = a.shape.slice(-2);
    const columns = b.shape.at(-1) ?? 0;
    const [left, right] = [a.dataSync(), b.dataSync()];
    const sums = Array.from({ length: rows * columns }, (_, index) => {
      const [row, column] = [Math.floor(index / columns), index % columns];
      let sum = 0;
      for (let k = 0; k < depth; k++) sum += (left[row * depth + k] ?? NaN) * (right[k * columns + column] ?? NaN);
      return sum;
    });
    return tf.tensor(sums, [...a.shape.slice(0, -2), rows, columns]);
  };

  it.each([
    [
      [16, 5],
      [5, 3],
    ],
    [
      [17, 100],
      [100, 30],
    ],
    [
      [1, 33, 4],
      [1, 4, 300],
    ],
    [
      [1, 1, 15, 4],
      [1, 1, 4, 9],
    ],
    [
      [16, 0],
      [0, 3],
    ],
    [
      [16, 4],
      [4, 0],
    ],
  ])("is what its sums are, as of few: %j by %j", (aShape, bShape) => {
    const next = generator(24);
    const [a, b] = [tensor(next, aShape), tensor(next, bShape)];
    // At most 100 products of steps of 1/65,536 up to 1: exact.
    expect(distance(tf.matMul(a, b), definition(a, b))).toBe(0);
  });

  it("rejects matrices that do not match, and other dtypes", () => {
    expect(() => tf.matMul(tf.ones([20, 3]), tf.ones([4, 4]))).toThrow("inner");
    expect(() =>
      tf
        .engine()
        .runKernel(
          "BatchMatMul",
          { a: tf.ones([20, 3]), b: tf.ones([3, 4], "int32") },
          { transposeA: false, transposeB: false },
        ),
    ).toThrow(expect.objectContaining({ code: "UNSUPPORTED_OPERATION" }));
  });
});

describe("FusedBatchNorm", () => {
  const EPSILON = 0.01;
  type Parameter = "mean" | "variance" | "scale" | "offset";

  /** Each number by the definition, in 64 bits; parameters have one number a channel, or for each number. */
  const definition = (x: tf.Tensor, parameters: Partial<Record<Parameter, tf.Tensor>>): tf.Tensor => {
    const at = (name: Parameter, index: number, otherwise: number): number => {
      const values = parameters[name]?.dataSync();
      return values === undefined ? otherwise : (values[index % values.length] ?? NaN);
    };
    const y = Array.from(x.dataSync(), (value, index) => {
      const root = Math.sqrt(at("variance", index, NaN) + EPSILON);
      return ((value - at("mean", index, NaN)) / root) * at("scale", index, 1) + at("offset", index, 0);
    });
    return tf.tensor(y, x.shape);
  };

  const parametersOf = (shape: number[]): Record<Parameter, tf.Tensor> => {
    const next = generator(26);
    const [mean, variance, scale, offset] = [0, 1, 2, 3].map(() => tensor(next, shape)) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    return { mean, variance: tf.abs(variance), scale, offset };
  };

  const run = (x: tf.Tensor, parameters: Partial<Record<Parameter, tf.Tensor>>): tf.Tensor => {
    const { mean, variance, scale, offset } = parameters as Record<Parameter, tf.Tensor1D>;
    return tf.batchNorm(x, mean, variance, offset, scale, EPSILON);
  };

  it.each([[[7, 5]], [[3, 4, 8]], [[2, 9, 31, 16]], [[300, 3]], [[5, 1]], [[1, 1, 1, 4]], [[2, 0, 4]]])(
    "is what its definition says of %j",
    (shape) => {
      const x = tensor(generator(25), shape);
      const parameters = parametersOf(shape.slice(-1));
      // Numbers of up to 1 over a root of at least 0.1.
      expect(distance(run(x, parameters), definition(x, parameters))).toBeLessThan(1e-5);
    },
  );

  it.each<[string, Parameter[]]>([
    ["scale", ["mean", "variance", "offset"]],
    ["offset", ["mean", "variance", "scale"]],
    ["scale and offset", ["mean", "variance"]],
  ])("does without %s", (_, names) => {
    const x = tensor(generator(25), [3, 5, 6]);
    const all = parametersOf([6]);
    const some = Object.fromEntries(names.map((name) => [name, all[name]]));
    expect(distance(run(x, some), definition(x, some))).toBeLessThan(1e-5);
  });

  it("accepts parameters of four axes, and one per number", () => {
    const x = tensor(generator(25), [2, 3, 4, 5]);
    for (const shape of [
      [1, 1, 1, 5],
      [2, 3, 4, 5],
    ]) {
      const parameters = parametersOf(shape);
      expect(distance(run(x, parameters), definition(x, parameters))).toBeLessThan(1e-5);
    }
  });
});

describe("Cast", () => {
  it("makes 0 and 1 of truth values", () => {
    for (const size of [0, 1, 5, 10_001]) {
      const values = Uint8Array.from({ length: size }, (_, index) => Number(index % 3 === 0));
      expect([...tf.cast(tf.tensor1d(values, "bool"), "float32").dataSync()]).toEqual([...values]);
    }
  });
});

describe("gradients of convolutions", () => {
  const unsupported = expect.objectContaining({ name: "TrainingWasmError", code: "UNSUPPORTED_OPERATION" }) as Error;
  const attributes = { strides: 1, pad: "valid", dataFormat: "NHWC" };

  it.each<[string, Record<string, number[]>, object]>([
    ["Conv2DBackpropFilter", { x: [1, 4, 4, 1], dy: [1, 2, 2, 1] }, { ...attributes, filterShape: [3, 3, 1, 1] }],
    ["Conv2DBackpropInput", { dy: [1, 2, 2, 1], filter: [3, 3, 1, 1] }, { ...attributes, inputShape: [1, 4, 4, 1] }],
    ["MaxPoolGrad", { dy: [1, 2, 2, 1], input: [1, 4, 4, 1] }, { filterSize: 2, strides: 2, pad: "valid" }],
  ])("reject int32 in %s", (name, shapes, attrs) => {
    const inputs = (dtype: "int32" | "float32"): tf.NamedTensorMap =>
      Object.fromEntries(Object.entries(shapes).map(([key, shape]) => [key, tf.ones(shape, dtype)]));
    const run = (dtype: "int32" | "float32"): unknown =>
      tf.engine().runKernel(name, inputs(dtype), attrs as unknown as tf.NamedAttrMap);
    expect(() => run("int32")).toThrow(unsupported);
    expect(() => run("float32")).not.toThrow();
  });

  it("are computed for filters of any number of pixels", () => {
    const x = tf.ones<tf.Rank.R4>([1, 40, 40, 1]);
    const gradient = tf.grad((at: tf.Tensor) => tf.conv2d(at as tf.Tensor4D, tf.ones([33, 32, 1, 1]), 1, "valid"));
    // How many of the 8 x 9 windows a pixel is in.
    const counts = gradient(x).dataSync();
    expect([counts[0], counts[1], counts[40], counts[20 * 40 + 20]]).toEqual([1, 2, 2, 72]);
  });

  it("reject a gradient whose shape is not the output's, instead of reading beyond it", () => {
    const [x, filter] = [tf.ones<tf.Rank.R4>([1, 4, 4, 1]), tf.ones<tf.Rank.R4>([3, 3, 1, 1])];
    expect(() => tf.conv2dTranspose(x, filter, [1, 100, 100, 1], 1, "same")).toThrow("expected dy of the shape");
  });
});

describe("Identity", () => {
  const MEBIBYTE = 2 ** 20;
  const values = Float32Array.from({ length: (16 * MEBIBYTE) / 4 }, (_, index) => index % 1000);

  it("shares: clones of a large tensor take no more of the heap", () => {
    const x = tf.tensor1d(values);
    const before = training.heapBytes();
    const clones = Array.from({ length: 64 }, () => tf.clone(x));
    // Copies would take 1 GiB.
    expect(training.heapBytes()).toBe(before);
    tf.dispose([x, clones]);
  });

  it.each([
    ["the tensor first", [0, 1, 2]],
    ["a clone first", [1, 0, 2]],
    ["a clone's clone first", [2, 1, 0]],
  ])("keeps the values until the last is disposed of: %s", (_, order) => {
    const x = tf.tensor1d(values.subarray(0, 1000));
    const clone = tf.clone(x);
    const all = [x, clone, tf.clone(clone)];
    const buffers = tf.memory().numDataBuffers;
    for (const index of order) {
      for (const each of all.filter((other) => !other.isDisposed)) {
        expect([...each.dataSync()]).toEqual([...values.subarray(0, 1000)]);
      }
      all[index]?.dispose();
      // What is freed too early would be given to these.
      tf.dispose(Array.from({ length: 8 }, () => tf.zeros([1000])));
    }
    expect(tf.memory().numDataBuffers).toBe(buffers - 1);
  });

  it("keeps a variable's value when the assigned tensor is disposed of", () => {
    const source = tf.tensor1d([1, 2, 3]);
    const variable = tf.variable(tf.zeros<tf.Rank.R1>([3]));
    variable.assign(tf.clone(source));
    source.dispose();
    tf.dispose(tf.zeros([3]));
    expect([...variable.dataSync()]).toEqual([1, 2, 3]);
    variable.dispose();
  });

  it("passes on the gradient, int32 and strings", () => {
    expect([
      ...tf
        .grad((x: tf.Tensor) => tf.clone(x))(tf.tensor1d([1, 2]))
        .dataSync(),
    ]).toEqual([1, 1]);
    expect([...tf.clone(tf.tensor1d([7, 8], "int32")).dataSync()]).toEqual([7, 8]);
    expect([...tf.clone(tf.tensor1d(["a", "b"])).dataSync()]).toEqual(["a", "b"]);
  });
});

describe("the same inputs", () => {
  it("give the same bytes, wherever in the heap they stand", () => {
    const run = (): Buffer[] =>
      tf.tidy(() => {
        const next = generator(23);
        const inputs = [[3, 17, 15, 3], [3, 3, 3, 8], [8], [8, 5]].map((shape) => tensor(next, shape));
        const gradients = tf.grads((...all: tf.Tensor[]) => {
          const [x, filter, bias, weights] = all as [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D, tf.Tensor2D];
          const pooled = convReluMaxPool(x, filter, bias);
          return tf.mean(tf.square(tf.matMul(tf.reshape(pooled, [-1, 8]), weights)));
        })(inputs);
        return gradients.map(bytesOf);
      });
    const first = run();
    const inBetween = tf.ones([12_345]);
    expect(run()).toEqual(first);
    inBetween.dispose();
  });
});

describe.each(KERNEL_SETS.filter(canRun))("the %s binary", (set) => {
  it.each([false, true])("imports only memory, shared: %s", (isShared) => {
    const binary = new WebAssembly.Module(kernelsBinary(set, isShared));
    expect(WebAssembly.Module.imports(binary)).toEqual([{ module: "env", name: "memory", kind: "memory" }]);
  });

  it("has no data, which would overwrite TensorFlow.js' own", () => {
    const sections = sectionNumbers(kernelsBinary(set, true));
    // Types, imports and code are there, so that the list was read rightly; 11 is data, 12 its count.
    expect(sections).toEqual(expect.arrayContaining([1, 2, 10]));
    expect(sections).not.toContain(11);
    expect(sections).not.toContain(12);
  });

  it("leaves memory as it is when it is instantiated", async () => {
    const memory = new WebAssembly.Memory({ initial: 64, maximum: 64 });
    const bytes = new Uint8Array(memory.buffer).fill(0xa5);
    await WebAssembly.instantiate(kernelsBinary(set, false), { env: { memory } });
    expect(bytes.every((byte) => byte === 0xa5)).toBe(true);
    expect(memory.buffer.byteLength).toBe(bytes.length);
  });
});

/** A section is a byte with its number, its length in LEB128, and its content. */
function sectionNumbers(bytes: Uint8Array): readonly number[] {
  const found: number[] = [];
  for (let at = 8; at < bytes.length;) {
    found.push(bytes[at++] ?? NaN);
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      length += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    at += length;
  }
  return found;
}
