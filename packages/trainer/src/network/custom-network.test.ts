// The user's own networks: initial weights come from the seed or the network, and what cannot be honoured is rejected by name.

import { crc32 } from "node:zlib";

import { memory, serialization, tensor, tensor2d, tidy, type Tensor } from "@tensorflow/tfjs-core";
import {
  initializers,
  input,
  layers,
  model,
  regularizers,
  sequential,
  type LayersModel,
  type SymbolicTensor,
} from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, it } from "vitest";

import type { Backend } from "../backend/operations.ts";
import { Classifier } from "./classifier.ts";
import { Generator } from "../values/generator.ts";
import { customNetwork, type NetworkBuilder } from "./custom-network.ts";
import { rehearse } from "./rehearsal.ts";
import { checkRestorable } from "./saved-network.ts";
import { SHAPE } from "../testing/layer-networks.ts";
import {
  backendForLayers,
  chain,
  classifierOf,
  CONV,
  drawnBatch,
  networkOf,
  PICTURE,
  valuesOf,
} from "../testing/custom-networks.ts";

let backend: Backend;

beforeAll(async () => {
  backend = await backendForLayers();
});

function checksumOf(network: LayersModel): number {
  return valuesOf(network).reduce((crc, values) => crc32(new Uint8Array(values.buffer), crc), 0);
}

describe("initial weights", () => {
  const kernels = (kernelInitializer: Parameters<typeof layers.dense>[0]["kernelInitializer"]) => () =>
    chain([64], layers.dense({ units: 64, kernelInitializer: kernelInitializer ?? "glorotUniform" }));

  it.each([
    ["glorotNormal", () => initializers.glorotNormal({})],
    ["glorotUniform", () => initializers.glorotUniform({})],
    ["heNormal", () => initializers.heNormal({})],
    ["heUniform", () => initializers.heUniform({})],
    ["leCunNormal", () => initializers.leCunNormal({})],
    ["leCunUniform", () => initializers.leCunUniform({})],
    ["orthogonal", () => initializers.orthogonal({})],
    ["randomNormal", () => initializers.randomNormal({})],
    ["randomUniform", () => initializers.randomUniform({})],
    ["truncatedNormal", () => initializers.truncatedNormal({})],
    ["varianceScaling", () => initializers.varianceScaling({ scale: 2, mode: "fanOut", distribution: "normal" })],
    ["randomNormal with a seed of 0", () => initializers.randomNormal({ seed: 0 })],
  ])("drawn by %s depend on the seed", (_, initializer) => {
    const [one, same, other] = [1, 1, 2].map((seed) => checksumOf(networkOf(kernels(initializer()), seed)));
    expect(same).toBe(one);
    expect(other).not.toBe(one);
  });

  it.each([
    ["ones", "ones", 1],
    ["zeros", "zeros", 0],
    ["constant", initializers.constant({ value: 0.25 }), 0.25],
  ] as const)("of %s are kept, and nothing is drawn for them", (_, initializer, value) => {
    const build = () =>
      chain([64], layers.dense({ units: 3, kernelInitializer: initializer, biasInitializer: initializer }));
    const network = networkOf(build, 1);
    for (const values of valuesOf(network).slice(0, 2)) expect(new Set(values)).toEqual(new Set([value]));
  });

  it("of an identity, with their own seed, or given ones are kept", () => {
    const build = () => {
      const given = layers.dense({
        units: 2,
        weights: [
          tensor2d(
            Array.from({ length: 128 }, (_, at) => at),
            [64, 2],
          ),
          tensor([5, 6]),
        ],
      });
      const seeded = initializers.heNormal({ seed: 7 });
      return chain(
        [64],
        layers.dense({ units: 64, kernelInitializer: "identity" }),
        layers.dense({ units: 64, kernelInitializer: seeded }),
        given,
      );
    };
    const [one, other] = [valuesOf(networkOf(build, 1)), valuesOf(networkOf(build, 2))];
    expect(other.slice(0, 6)).toEqual(one.slice(0, 6));
    expect(other[6]).not.toEqual(one[6]);
    expect(one[0]?.filter((value) => value === 1)).toHaveLength(64);
    expect([...(one[4] ?? [])]).toEqual(Array.from({ length: 128 }, (_, at) => at));
    expect([...(one[5] ?? [])]).toEqual([5, 6]);
  });

  it("all depend on the seed if a layer has several", () => {
    const build = () =>
      chain(
        PICTURE,
        layers.separableConv2d({ ...CONV }),
        layers.reshape({ targetShape: [36, 4] }),
        layers.lstm({ units: 3 }),
      );
    expect(checksumOf(networkOf(build, 4))).toBe(checksumOf(networkOf(build, 4)));
  });

  it("are drawn from the generator alone, which replaces Math.random only meanwhile", () => {
    const { random } = Math;
    networkOf(() => chain([64], layers.dense({ units: 4 })));
    expect(Math.random).toBe(random);
    const thrown = () => {
      throw new Error("mine");
    };
    expect(() => customNetwork(thrown, SHAPE, Generator.ofSeed(1))).toThrow("mine");
    expect(Math.random).toBe(random);
  });
});

/** A custom layer, whose configuration may omit its factor. */
class Scaling extends layers.Layer {
  static readonly className: string = "Scaling";
  readonly factor: number;
  constructor(settings: { readonly factor?: number }) {
    super(settings as object);
    this.factor = settings.factor ?? 1;
  }
  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => ([inputs].flat()[0] as Tensor).mul(this.factor));
  }
  override computeOutputShape(shape: number[]): number[] {
    return shape;
  }
}

class KeptScaling extends Scaling {
  static override readonly className = "KeptScaling";
  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), factor: this.factor };
  }
}

class LostScaling extends Scaling {
  static override readonly className = "LostScaling";
}

/** A layer that computes outside of TensorFlow.js. */
class Detached extends Scaling {
  static override readonly className = "Detached";
  override call(inputs: Tensor | Tensor[]): Tensor {
    const [values] = [inputs].flat();
    return tensor(values?.dataSync<"float32">() ?? [], values?.shape);
  }
}

serialization.registerClass(KeptScaling);
serialization.registerClass(LostScaling);
serialization.registerClass(Detached);

/** Runs all checks of a training. */
async function checked(build: NetworkBuilder): Promise<void> {
  const network = customNetwork(build, SHAPE, Generator.ofSeed(1));
  const classifier = new Classifier(network, backend);
  try {
    rehearse(classifier);
    await checkRestorable(network);
  } finally {
    network.dispose();
  }
}

describe("custom layers", () => {
  const dense = () => layers.dense({ units: 4 });

  it("are accepted if TensorFlow.js can rebuild them", async () => {
    await expect(checked(() => chain([64], dense(), new KeptScaling({ factor: 3 })))).resolves.toBeUndefined();
  });

  it.each([
    ["has not been registered", () => new Scaling({}), "Unknown layer: Scaling"],
    ["omits its settings", () => new LostScaling({ factor: 3 }), "LostScaling"],
    ["passes on no gradient", () => new Detached({}), "no gradient reaches"],
  ])("are rejected if one %s", async (_, make, message) => {
    await expect(checked(() => chain([64], dense(), make()))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message) as string,
    });
  });
});

describe("a network with branches", () => {
  const branches = (make: (maps: SymbolicTensor) => SymbolicTensor) => () => {
    const picture = input({ shape: [...PICTURE] });
    const maps = layers.conv2d({ ...CONV, padding: "same" }).apply(picture) as SymbolicTensor;
    const ends = layers.add().apply([maps, make(maps)]);
    const flat = layers.flatten().apply(ends);
    return model({
      inputs: picture,
      outputs: layers.dense({ units: 3, activation: "softmax" }).apply(flat) as SymbolicTensor,
    });
  };

  it("is rejected with the layer of a branch that cannot be trained", async () => {
    const build = branches((maps) => layers.thresholdedReLU({}).apply(maps) as SymbolicTensor);
    await expect(checked(build)).rejects.toMatchObject({
      message: expect.stringContaining("ThresholdedReLU") as string,
    });
  });

  it("uses the selected output of a model with several", () => {
    const classifier = classifierOf(() => {
      const values = input({ shape: [3] });
      const ends = ["linear", "tanh"].map((activation) =>
        layers.softmax().apply(layers.activation({ activation: activation as "tanh" }).apply(values)),
      );
      const head = model({ inputs: values, outputs: ends as SymbolicTensor[] });
      const picture = input({ shape: [...PICTURE] });
      const [, second] = head.apply(
        layers.dense({ units: 3 }).apply(layers.flatten().apply(picture)),
      ) as SymbolicTensor[];
      return model({ inputs: picture, outputs: second as SymbolicTensor });
    }, backend);
    const { pictures } = drawnBatch(4);
    const expected = tidy(() => (classifier.network.predict(pictures) as Tensor).dataSync());
    for (const [index, probability] of classifier.probabilities(pictures).entries()) {
      expect(probability).toBeCloseTo(expected[index] ?? NaN, 5);
    }
  });

  it("leaks no tensors if it calls a layer twice, or one draws masks", async () => {
    const twice = () => {
      const picture = input({ shape: [...PICTURE] });
      const last = layers.dense({ units: 3, activation: "softmax" });
      const ends = last.apply(last.apply(layers.dense({ units: 3 }).apply(layers.flatten().apply(picture))));
      return model({ inputs: picture, outputs: ends as SymbolicTensor });
    };
    for (const build of [twice, () => chain([8, 8], layers.gru({ units: 2, dropout: 0.5, recurrentDropout: 0.5 }))]) {
      const before = memory().numTensors;
      await checked(build);
      expect(memory().numTensors).toBe(before);
    }
  });

  it("can look up embeddings of values that depend on no weights", async () => {
    const build = () => {
      const picture = input({ shape: [...PICTURE] });
      const flat = layers.flatten().apply(picture);
      const looked = layers.flatten().apply(layers.embedding({ inputDim: 2, outputDim: 2 }).apply(flat));
      const ends = layers.concatenate().apply([layers.dense({ units: 4 }).apply(flat), looked] as SymbolicTensor[]);
      return model({
        inputs: picture,
        outputs: layers.dense({ units: 3, activation: "softmax" }).apply(ends) as SymbolicTensor,
      });
    };
    await expect(checked(build)).resolves.toBeUndefined();
  });
});

describe("a network that cannot be trained as configured", () => {
  const compiled = (optimizer: string, loss: string) => () => {
    const network = chain([64]);
    network.compile({ optimizer, loss });
    return network;
  };
  const sharedOutputs = () => {
    const picture = input({ shape: [...PICTURE] });
    const flat = layers.flatten().apply(picture);
    const ends = [1, 2].map(() => layers.dense({ units: 3, activation: "softmax" }).apply(flat));
    return model({ inputs: picture, outputs: ends as never });
  };

  it.each<readonly [string, () => unknown, string]>([
    ["is undefined", () => undefined, "but received undefined"],
    ["is an object without a prototype", () => Object.create(null), "but received a plain object"],
    ["is a promise", () => Promise.resolve(), "but received a Promise"],
    ["is empty", () => sequential(), "but received one from nothing to nothing"],
    ["has two outputs", sharedOutputs, "to 3 and 3"],
    [
      "accepts only batches of one size",
      () => {
        const network = sequential();
        network.add(layers.flatten({ batchInputShape: [4, ...PICTURE] }));
        network.add(layers.dense({ units: 3, activation: "softmax" }));
        return network;
      },
      "batches of any size, but received one for batches of 4",
    ],
    [
      "is stateful",
      () => {
        const network = sequential();
        network.add(layers.reshape({ batchInputShape: [4, ...PICTURE], targetShape: [8, 8] }));
        network.add(layers.lstm({ units: 2, stateful: true }));
        network.add(layers.dense({ units: 3, activation: "softmax" }));
        return network;
      },
      "batches of any size",
    ],
    [
      "has an activity regularizer",
      () =>
        chain(
          [8, 8],
          layers.timeDistributed({
            layer: layers.dense({ units: 2, activityRegularizer: regularizers.l2({ l2: 1 }) }),
          }),
        ),
      "Dense",
    ],
    [
      "is frozen",
      () => {
        const network = chain([64]);
        network.trainable = false;
        return network;
      },
      "all of them are frozen",
    ],
    ["is compiled for another optimizer", compiled("sgd", "categoricalCrossentropy"), "SGD, 0.01"],
    ["is compiled for another loss", compiled("adam", "meanSquaredError"), "meanSquaredError"],
    ["does not end with softmax", () => endingIn("sigmoid"), "ends with Dense"],
  ])("is rejected before training if it %s", async (_, build, message) => {
    await expect(checked(build as NetworkBuilder)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message) as string,
    });
  });

  it("is rejected if a layer normalizes a single value", () => {
    expect(() => customNetwork(() => chain(PICTURE, layers.layerNormalization()), SHAPE, Generator.ofSeed(1))).toThrow(
      expect.objectContaining({
        code: "CANNOT_LEARN",
        message: expect.stringContaining("LayerNormalization") as string,
      }),
    );
    expect(networkOf(() => chain([8, 8], layers.layerNormalization())).outputs).toHaveLength(1);
  });

  it("leaks no tensors", () => {
    const before = memory().numTensors;
    expect(() => customNetwork(() => chain([64]), { ...SHAPE, classes: 4 }, Generator.ofSeed(1))).toThrow("to 4");
    expect(() => customNetwork(compiled("sgd", "meanSquaredError"), SHAPE, Generator.ofSeed(1))).toThrow("compiled");
    const promised = () => Promise.resolve(chain([64])) as unknown as LayersModel;
    expect(() => customNetwork(promised, SHAPE, Generator.ofSeed(1))).toThrow("a Promise");
    customNetwork(shared, SHAPE, Generator.ofSeed(1)).dispose();
    expect(memory().numTensors).toBe(before);
  });

  it("is not one compiled with the optimizer and loss of the training", () => {
    expect(networkOf(compiled("adam", "categoricalCrossentropy")).outputs).toHaveLength(1);
  });
});

/** A network that uses a dense layer twice. */
function shared(): LayersModel {
  const pictures = input({ shape: PICTURE });
  const flat = layers.flatten().apply(pictures) as SymbolicTensor;
  const twice = layers.dense({ units: 64, activation: "relu" });
  const outputs = layers.dense({ units: SHAPE.classes, activation: "softmax" });
  return model({ inputs: pictures, outputs: outputs.apply(twice.apply(twice.apply(flat))) as SymbolicTensor });
}

function endingIn(activation: "sigmoid"): LayersModel {
  const network = sequential();
  network.add(layers.flatten({ inputShape: [...PICTURE] }));
  network.add(layers.dense({ units: 3, activation }));
  return network;
}
