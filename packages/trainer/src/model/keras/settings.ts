// The values of layers' settings in the configurations of TensorFlow.js and of Keras 3: activations, initializers, regularizers and
// constraints have names and forms of their own in each; all others are the same. A value that would mean something else is refused.

/** A configuration as JSON. */
export type Config = Readonly<Record<string, unknown>>;

/** What one of the two libraries cannot express; the message completes a sentence after "but". Internal to this package. */
export class Inexpressible extends Error {
  override readonly name = "Inexpressible";
}

/** Translates a value in both directions. @throws {Inexpressible} */
export interface Translation {
  readonly toKeras: (value: unknown, where: string) => unknown;
  readonly toTfjs: (value: unknown, where: string) => unknown;
}

/** A value that is written the same. */
export const same: Translation = { toKeras: plain, toTfjs: plain };

function plain(value: unknown, where: string): unknown {
  const isPlain = (each: unknown): boolean =>
    Array.isArray(each) ? each.every(isPlain) : typeof each !== "object" || each === null;
  if (!isPlain(value)) throw new Inexpressible(`${where} is ${shown(value)}`);
  return value;
}

/** One of `values`: others have another meaning in the other library, or none. */
export function only(...values: readonly unknown[]): Translation {
  const checked = (value: unknown, where: string): unknown => {
    if (!values.includes(value)) throw new Inexpressible(`${where} is ${shown(value)}`);
    return value;
  };
  return { toKeras: checked, toTfjs: checked };
}

/** A finite number. */
export const number: Translation = { toKeras: finite, toTfjs: finite };

function finite(value: unknown, where: string): unknown {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Inexpressible(`${where} is ${shown(value)}`);
  return value;
}

/**
 * Names of activations that compute the same, by TensorFlow.js and in Keras 3. `hardSigmoid` is not among them: it has slope 1/5 in
 * TensorFlow.js and 1/6 in Keras 3. `gelu` is the exact one in both.
 */
const ACTIVATIONS: readonly (readonly [tfjs: string, keras: string])[] = [
  ["elu", "elu"],
  ["selu", "selu"],
  ["relu", "relu"],
  ["relu6", "relu6"],
  ["linear", "linear"],
  ["sigmoid", "sigmoid"],
  ["softplus", "softplus"],
  ["softsign", "softsign"],
  ["tanh", "tanh"],
  ["softmax", "softmax"],
  ["log_softmax", "log_softmax"],
  ["swish", "silu"],
  ["mish", "mish"],
  ["gelu", "gelu"],
];

/** An activation, by its name. */
export const activation: Translation = {
  toKeras(value, where) {
    const found = ACTIVATIONS.find(([name]) => name === value);
    if (found === undefined)
      throw new Inexpressible(`${where} is ${shown(value)}, which Keras 3 does not compute alike`);
    return found[1];
  },
  toTfjs(value, where) {
    const found = ACTIVATIONS.find(([, name]) => name === value);
    if (found === undefined)
      throw new Inexpressible(`${where} is ${shown(value)}, which TensorFlow.js does not compute alike`);
    return found[0];
  },
};

/** Settings of an object such as an initializer, which both libraries call the same. */
const OBJECTS: Readonly<
  Record<"initializers" | "regularizers" | "constraints", Readonly<Record<string, readonly string[]>>>
> = {
  initializers: {
    Zeros: [],
    Ones: [],
    Constant: ["value"],
    RandomUniform: ["minval", "maxval", "seed"],
    RandomNormal: ["mean", "stddev", "seed"],
    TruncatedNormal: ["mean", "stddev", "seed"],
    VarianceScaling: ["scale", "mode", "distribution", "seed"],
    GlorotUniform: ["seed"],
    GlorotNormal: ["seed"],
    HeUniform: ["seed"],
    HeNormal: ["seed"],
    LecunUniform: ["seed"],
    LecunNormal: ["seed"],
    Orthogonal: ["gain", "seed"],
  },
  regularizers: { L1L2: ["l1", "l2"] },
  constraints: {
    NonNeg: [],
    MaxNorm: ["max_value", "axis"],
    UnitNorm: ["axis"],
    MinMaxNorm: ["min_value", "max_value", "rate", "axis"],
  },
};

/** Names that TensorFlow.js writes differently, by Keras' names. */
const TFJS_NAMES: Readonly<Record<string, string>> = { LecunUniform: "LeCunUniform", LecunNormal: "LeCunNormal" };

/**
 * Objects of a kind, or null. Initializers have no part in a trained network: those that the other library lacks are left out, and its
 * default takes their place.
 */
function objects(kind: keyof typeof OBJECTS): Translation {
  const known = OBJECTS[kind];
  const isOptional = kind === "initializers";
  return {
    toKeras(value, where) {
      if (value === null) return null;
      const { class_name: name, config } = described(value, where);
      const className = Object.keys(TFJS_NAMES).find((each) => TFJS_NAMES[each] === name) ?? name;
      const settings = Object.hasOwn(known, className) ? known[className] : undefined;
      if (settings === undefined) {
        if (isOptional) return undefined;
        throw new Inexpressible(`${where} is ${name}`);
      }
      const chosen = chosenOf(config, settings);
      if (chosen["distribution"] === "normal") chosen["distribution"] = "truncated_normal";
      return { module: `keras.${kind}`, class_name: className, config: chosen, registered_name: null };
    },
    toTfjs(value, where) {
      if (value === null) return null;
      const { class_name: name, config } = described(value, where);
      if (kind === "regularizers" && (name === "L1" || name === "L2")) {
        return { class_name: "L1L2", config: { l1: config["l1"] ?? 0, l2: config["l2"] ?? 0 } };
      }
      const settings = Object.hasOwn(known, name) ? known[name] : undefined;
      if (settings === undefined) {
        if (isOptional) return undefined;
        throw new Inexpressible(`${where} is ${name}`);
      }
      const chosen = chosenOf(config, settings);
      if (chosen["distribution"] === "truncated_normal") chosen["distribution"] = "normal";
      return { class_name: TFJS_NAMES[name] ?? name, config: chosen };
    },
  };
}

/** See {@link objects}. */
export const initializer: Translation = objects("initializers");

/** See {@link objects}. */
export const regularizer: Translation = objects("regularizers");

/** See {@link objects}. */
export const constraint: Translation = objects("constraints");

function chosenOf(config: Config, settings: readonly string[]): Record<string, unknown> {
  const entries = settings.filter((each) => Object.hasOwn(config, each)).map((each) => [each, config[each]] as const);
  return Object.fromEntries(entries.filter(([, value]) => typeof value !== "object" || value === null));
}

/** Class and configuration of a serialized object. @throws {Inexpressible} if it is none */
export function described(value: unknown, where: string): { readonly class_name: string; readonly config: Config } {
  if (typeof value === "object" && value !== null && "class_name" in value) {
    const { class_name } = value;
    const config = "config" in value ? value.config : {};
    if (typeof class_name === "string" && isConfig(config)) return { class_name, config };
  }
  throw new Inexpressible(`${where} is ${shown(value)}`);
}

/** Whether `value` is an object with fields. */
export function isConfig(value: unknown): value is Config {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Characters of a value shown in a message. */
const MAX_SHOWN = 60;

/** A value, for messages. */
export function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? "missing";
  return json.length > MAX_SHOWN ? `${json.slice(0, MAX_SHOWN)}...` : json;
}
