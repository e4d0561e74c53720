// The one table of the layers that TensorFlow.js and Keras 3 have in common: their settings, by the names of both, and what only one of
// them knows. Their classes, and the order and shapes of their weights, are the same.

import {
  activation,
  constraint,
  initializer,
  number,
  only,
  regularizer,
  same,
  shown,
  Inexpressible,
  type Config,
  type Translation,
} from "./settings.ts";

/** A setting that both have. */
interface Setting {
  /** Its name in TensorFlow.js' configuration. */
  readonly tfjs: string;
  /** Its name in Keras' configuration. */
  readonly keras: string;
  readonly translation: Translation;
  /** Whether either may omit it, which then means its default. */
  readonly isOptional: boolean;
}

/** A layer. */
export interface LayerForm {
  readonly settings: readonly Setting[];
  /** Settings of one library that the other does not have, with the values that mean what the other does. */
  readonly keras: Readonly<Record<string, readonly unknown[]>>;
  readonly tfjs: Readonly<Record<string, readonly unknown[]>>;
  /** Whether Keras' class takes no `trainable`, as some layers without weights do. */
  readonly isNeverFrozen?: boolean;
}

/** Settings whose value says nothing about the layer's output. */
export const ANY = "any";

type Names = string | readonly string[];

function settings(names: Names, translation: Translation = same, isOptional = false): readonly Setting[] {
  return [names].flat().map((name) => ({ tfjs: name, keras: name, translation, isOptional }));
}

/** Initializers, regularizers and constraints of weights. */
function weights(...names: readonly string[]): readonly Setting[] {
  return names.flatMap((name) => [
    ...settings(`${name}_initializer`, initializer, true),
    ...settings(`${name}_regularizer`, regularizer, true),
    ...settings(`${name}_constraint`, constraint, true),
  ]);
}

type Others = Readonly<Record<string, readonly unknown[]>>;

function form(
  of: readonly (readonly Setting[])[],
  { keras = {}, tfjs = {} }: { readonly keras?: Others; readonly tfjs?: Others } = {},
): LayerForm {
  return { settings: of.flat(), keras, tfjs };
}

/** TensorFlow.js does not compute this regularizer. */
const NO_ACTIVITY = { activity_regularizer: [null] } as const;

const CONVOLUTION = [
  settings(["kernel_size", "strides", "data_format", "use_bias"]),
  settings("padding", only("valid", "same")),
  settings("activation", activation),
  weights("bias"),
] as const;

/** TensorFlow.js has no grouped convolutions. */
const UNGROUPED = { keras: { ...NO_ACTIVITY, groups: [1] }, tfjs: NO_ACTIVITY } as const;

const UNDILATED = [[1], [1, 1], [1, 1, 1]];

const TRANSPOSED = form([settings("filters"), ...CONVOLUTION, weights("kernel")], {
  keras: { ...NO_ACTIVITY, output_padding: [null], dilation_rate: [1, ...UNDILATED], groups: [1] },
  tfjs: NO_ACTIVITY,
});

const CONV = form([settings(["filters", "dilation_rate"]), ...CONVOLUTION, weights("kernel")], UNGROUPED);

const POOLING = form([settings(["pool_size", "strides", "data_format"]), settings("padding", only("valid", "same"))]);

const POOLING_1D = form([settings(["pool_size", "strides"]), settings("padding", only("valid", "same"))], {
  keras: { data_format: ["channels_last"] },
});

const GLOBAL_POOLING = form([settings("data_format")], { keras: { keepdims: [false] } });

const GLOBAL_POOLING_1D = form([], { keras: { data_format: ["channels_last"], keepdims: [false] } });

const MERGE = form([]);

/** Both draw what they drop from seeds in ways of their own: neither has a part in predictions. */
const SEEDED = { keras: { seed: [ANY] }, tfjs: { seed: [ANY] } } as const;

const DROPOUT = form([settings("rate")], {
  keras: { ...SEEDED.keras, noise_shape: [null], data_format: ["channels_last"] },
  tfjs: { ...SEEDED.tfjs, noise_shape: [null] },
});

/** A recurrent layer, with `others` of its own. */
function recurrent(others: readonly (readonly Setting[])[]): LayerForm {
  return form(
    [
      settings(["units", "use_bias", "dropout", "recurrent_dropout", "return_sequences", "go_backwards", "unroll"]),
      settings("activation", activation),
      weights("kernel", "recurrent", "bias"),
      ...others,
    ],
    {
      keras: {
        ...NO_ACTIVITY,
        seed: [ANY],
        stateful: [false],
        return_state: [false],
        zero_output_for_mask: [ANY],
      },
      tfjs: { ...NO_ACTIVITY, implementation: [ANY], stateful: [false], return_state: [false] },
    },
  );
}

/** The layers by class. Those that contain others are in topology.ts. */
export const LAYERS: Readonly<Record<string, LayerForm>> = {
  Activation: form([settings("activation", activation)]),
  ReLU: form([settings("max_value", same, true)], { keras: { negative_slope: [0], threshold: [0] } }),
  LeakyReLU: form([[{ tfjs: "alpha", keras: "negative_slope", translation: number, isOptional: false }]]),
  ELU: form([settings("alpha", only(1))]),
  PReLU: form([weights("alpha"), settings("shared_axes")]),
  Softmax: form([settings("axis", number)]),

  Dense: form([settings(["units", "use_bias"]), settings("activation", activation), weights("kernel", "bias")], {
    keras: { ...NO_ACTIVITY, quantization_config: [null] },
    tfjs: NO_ACTIVITY,
  }),
  Conv1D: form(
    [
      settings(["filters", "kernel_size", "strides", "dilation_rate", "use_bias"]),
      settings("padding", only("valid", "same", "causal")),
      settings("activation", activation),
      weights("kernel", "bias"),
    ],
    { keras: { ...UNGROUPED.keras, data_format: ["channels_last"] }, tfjs: NO_ACTIVITY },
  ),
  Conv2D: CONV,
  Conv3D: CONV,
  Conv2DTranspose: TRANSPOSED,
  Conv3DTranspose: TRANSPOSED,
  DepthwiseConv2D: form([settings(["depth_multiplier", "dilation_rate"]), ...CONVOLUTION, weights("depthwise")], {
    keras: NO_ACTIVITY,
    tfjs: NO_ACTIVITY,
  }),
  // TensorFlow.js saves no other depth multiplier than 1.
  SeparableConv2D: form([settings(["filters", "dilation_rate"]), ...CONVOLUTION, weights("depthwise", "pointwise")], {
    keras: { ...NO_ACTIVITY, depth_multiplier: [1] },
    tfjs: NO_ACTIVITY,
  }),

  MaxPooling1D: POOLING_1D,
  MaxPooling2D: POOLING,
  MaxPooling3D: POOLING,
  AveragePooling1D: POOLING_1D,
  AveragePooling2D: POOLING,
  AveragePooling3D: POOLING,
  GlobalMaxPooling1D: GLOBAL_POOLING_1D,
  GlobalMaxPooling2D: GLOBAL_POOLING,
  GlobalAveragePooling1D: GLOBAL_POOLING_1D,
  GlobalAveragePooling2D: GLOBAL_POOLING,

  BatchNormalization: form(
    [
      settings(["axis", "center", "scale"]),
      settings(["momentum", "epsilon"], number),
      weights("gamma", "beta"),
      settings(["moving_mean_initializer", "moving_variance_initializer"], initializer, true),
    ],
    { keras: { synchronized: [ANY], renorm: [false], renorm_clipping: [ANY], renorm_momentum: [ANY] } },
  ),
  LayerNormalization: form(
    [
      settings(["axis", "center", "scale"]),
      settings("epsilon", number),
      settings(["gamma_initializer", "beta_initializer"], initializer, true),
      settings(["gamma_regularizer", "beta_regularizer"], regularizer, true),
    ],
    { keras: { rms_scaling: [false], gamma_constraint: [null], beta_constraint: [null] } },
  ),

  Flatten: form([settings("data_format", same, true)]),
  Reshape: form([settings("target_shape")]),
  Permute: form([settings("dims")]),
  RepeatVector: form([settings("n")]),
  ZeroPadding2D: form([settings(["padding", "data_format"])]),
  Cropping2D: form([settings(["cropping", "data_format"])]),
  // Bilinear interpolation starts from other places in Keras 3.
  UpSampling2D: form([settings(["size", "data_format"]), settings("interpolation", only("nearest"))]),
  Rescaling: form([settings(["scale", "offset"], number)]),
  Embedding: form([settings(["input_dim", "output_dim"]), settings("mask_zero", same, true), weights("embeddings")], {
    keras: { ...NO_ACTIVITY, quantization_config: [null], lora_rank: [null] },
    tfjs: { ...NO_ACTIVITY, input_length: [ANY] },
  }),
  Masking: form([settings("mask_value", number)]),

  Dropout: form([settings(["rate", "noise_shape"])], SEEDED),
  SpatialDropout1D: { ...DROPOUT, isNeverFrozen: true },
  GaussianNoise: form([settings("stddev")], SEEDED),
  GaussianDropout: form([settings("rate")], SEEDED),
  AlphaDropout: DROPOUT,

  Add: MERGE,
  Average: MERGE,
  Maximum: MERGE,
  Minimum: MERGE,
  Multiply: MERGE,
  Concatenate: form([settings("axis", number)]),
  Dot: form([settings("axes"), settings("normalize")]),

  SimpleRNN: recurrent([]),
  LSTM: recurrent([settings("recurrent_activation", activation), settings("unit_forget_bias", same, true)]),
  // TensorFlow.js computes only the original gates.
  GRU: recurrent([settings("recurrent_activation", activation), settings("reset_after", only(false))]),
};

/** Settings that every layer has, which topology.ts translates. */
const COMMON = ["name", "trainable", "dtype", "batch_input_shape"] as const;

/** A direction of translation. */
export type Direction = "toKeras" | "toTfjs";

/**
 * The settings of a layer in the other library, without name, `trainable` and type of numbers.
 *
 * @throws {Inexpressible}
 */
export function translated(className: string, config: Config, direction: Direction): Config {
  const { [className]: layer } = LAYERS;
  if (layer === undefined || !Object.hasOwn(LAYERS, className))
    throw new Inexpressible("there is no such layer in both libraries");
  const [from, to] = direction === "toKeras" ? (["tfjs", "keras"] as const) : (["keras", "tfjs"] as const);
  const result: Record<string, unknown> = {};
  for (const setting of layer.settings) {
    const name = setting[from];
    if (!Object.hasOwn(config, name) || config[name] === undefined) {
      if (setting.isOptional) continue;
      throw new Inexpressible(`its ${name} is missing`);
    }
    const value = setting.translation[direction](config[name], `its ${name}`);
    if (value !== undefined) result[setting[to]] = value;
  }
  const known = new Set([...COMMON, ...layer.settings.map((setting) => setting[from])]);
  for (const [name, value] of Object.entries(config)) {
    if (known.has(name)) continue;
    const allowed = Object.hasOwn(layer[from], name) ? layer[from][name] : undefined;
    const isAllowed = allowed?.some((each) => each === ANY || JSON.stringify(each) === JSON.stringify(value)) ?? false;
    if (!isAllowed) throw new Inexpressible(`its ${name} is ${shown(value)}`);
  }
  return result;
}
