// Checks the graph of a saved network before TensorFlow.js builds it. TensorFlow.js revisits layers that wait for others again
// and again, and never ends if one waits for a layer that does not exist, or for itself.

import { serialization } from "@tensorflow/tfjs-core";

import { Damage } from "../values/errors.ts";
import { count, list, object, record, text, type Shape } from "../values/json-shape.ts";

/** Registered class names of networks whose layers form a graph. */
const GRAPHS = ["Model", "Functional"] as const;

/** Class names of layers that have an output before they are called. */
const SOURCES = new Set(["InputLayer", "Sequential", ...GRAPHS]);

/** A layer, and the inputs of each of its calls: layers, and the index of the call that provides each input. */
interface GraphLayer {
  readonly className: string;
  readonly name: string;
  readonly config: { readonly name: string };
  readonly inboundNodes: readonly (readonly Inbound[])[];
}

type Inbound = readonly [name: string, call: number];

const inbound: Shape<Inbound> = (value, where) => {
  const [name, call] = list((each) => each)(value, where);
  return [text(name, where), count(call, where)];
};

const graphShape = record({
  layers: list(
    record<GraphLayer>({
      className: text,
      name: text,
      config: record({ name: text }),
      inboundNodes: list(list(inbound)),
    }),
  ),
});

/**
 * Lets TensorFlow.js build a network, or nested networks, only from valid graphs.
 *
 * @param build must be synchronous
 */
export function withCheckedGraphs<Result>(build: () => Result): Result {
  const { classNameMap } = serialization.SerializationMap.getMap();
  const registered = GRAPHS.map((name) => [name, classNameMap[name]] as const);
  try {
    for (const [name, entry] of registered) {
      if (entry === undefined) continue;
      const [constructor, fromConfig] = entry;
      const checked: typeof fromConfig = (cls, config, ...others) => {
        checkGraph(config);
        return fromConfig(cls, config, ...others);
      };
      classNameMap[name] = [constructor, checked];
    }
    return build();
  } finally {
    for (const [name, entry] of registered) if (entry !== undefined) classNameMap[name] = entry;
  }
}

/**
 * Whether the layers of a network are called in the order of its topology. TensorFlow.js puts off calls whose inputs do not exist yet, but
 * not those that follow: if a layer is called several times, another call may then get the place of one, and its output.
 *
 * @param built the topology of the network that was built
 * @param given the one that it was built from
 */
export function hasSameCalls(built: unknown, given: unknown): boolean {
  return JSON.stringify(callsIn(built)) === JSON.stringify(callsIn(given));
}

/** For each layer with calls, at any depth, in the order of their names: the places of their inputs, as JSON. */
function callsIn(topology: unknown): readonly string[] {
  if (Array.isArray(topology)) return topology.flatMap(callsIn);
  if (typeof topology !== "object" || topology === null) return [];
  const { name, inbound_nodes: calls, config } = topology as Readonly<Record<string, unknown>>;
  const { layers } = (config ?? {}) as Readonly<Record<string, unknown>>;
  const places = Array.isArray(calls)
    ? calls.map((call: unknown) => [call].flat().map((input: unknown) => [input].flat().slice(0, 3)))
    : [];
  const own = places.length > 0 ? [JSON.stringify([name, places])] : [];
  return [...own, ...(Array.isArray(layers) ? callsIn(layers) : [])].toSorted((one, other) => (one < other ? -1 : 1));
}

/** @throws {Damage} if some layers of a graph can never be called */
function checkGraph(config: unknown): void {
  const { layers } = graphShape(object(config, "its topology"), "its topology");
  /** Number of completed calls per layer. */
  const done = new Map<string, number>();
  for (const { className, name, config: own } of layers) {
    if (name !== own.name || done.has(name)) throw new Damage(`the name of its layer ${name} is not unique`);
    done.set(name, SOURCES.has(className) ? 1 : 0);
  }
  let waiting = layers.flatMap(({ name, inboundNodes }) =>
    inboundNodes.filter((call) => call.length > 0).map((call) => ({ name, call })),
  );
  while (waiting.length > 0) {
    const still = waiting.filter(({ name, call }) => {
      if (call.some(([from, index]) => index >= (done.get(from) ?? 0))) return true;
      done.set(name, (done.get(name) ?? 0) + 1);
      return false;
    });
    if (still.length === waiting.length) {
      throw new Damage(`its layer ${still[0]?.name} waits for an input that no layer provides`);
    }
    waiting = still;
  }
}
