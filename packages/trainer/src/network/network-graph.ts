// Which layer of a saved network takes what from which: checked before TensorFlow.js builds it. It goes over layers that wait for
// others again and again, and never ends where one waits for a layer that is not there, or for itself.

import { serialization } from "@tensorflow/tfjs-core";

import { Damage } from "../values/errors.ts";
import { count, list, object, record, text, type Shape } from "../values/json-shape.ts";

/** Classes of networks whose layers form a graph, as TensorFlow.js registers them. */
const GRAPHS = ["Model", "Functional"] as const;

/** Classes of layers that are there from the beginning, before they are called with anything. */
const BEGINNINGS = new Set(["InputLayer", "Sequential", ...GRAPHS]);

/** A layer, and where each of its calls takes its input: layers, and the number of the call that gives it. */
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
 * Has TensorFlow.js build a network, or networks within networks, whose graphs can be.
 *
 * @param build must be done when it returns
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

/** @throws {Damage} if the layers of a graph could not all be called */
function checkGraph(config: unknown): void {
  const { layers } = graphShape(object(config, "its topology"), "its topology");
  /** Calls of each layer that are done. */
  const done = new Map<string, number>();
  for (const { className, name, config: own } of layers) {
    if (name !== own.name || done.has(name)) throw new Damage(`its layer ${name} is not the only one of that name`);
    done.set(name, BEGINNINGS.has(className) ? 1 : 0);
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
      throw new Damage(`its layer ${still[0]?.name} waits for what no layer gives`);
    }
    waiting = still;
  }
}
