// The process' listeners for errors that nobody caught, in Node.js. TensorFlow.js' backend adds two of its own when it
// starts, which throw once more and so end the process in their way; and when it is disposed of it takes away all, the
// program's own too, since its test for which ones it added is always true (`!before.indexOf(listener) > -1`).

const EVENTS = ["uncaughtException", "unhandledRejection"] as const;

type Listener = (...args: unknown[]) => void;

/** What the backend's own listeners are, without white space: minified or not, they throw what they are given. */
const RETHROWS = /^function\(\w+\)\{[^{}]*\{?throw\w+;?\}+$/;

/** Remembers the listeners, and gives a function that puts back what is missing since, and removes the backend's own. */
export function keepProcessListeners(): () => void {
  const node = (globalThis as { process?: Partial<NodeJS.Process> }).process;
  if (node?.listeners === undefined) return () => undefined;
  const emitter = node as NodeJS.EventEmitter;
  const before = EVENTS.map((event) => emitter.listeners(event) as Listener[]);
  return () => {
    for (const [index, event] of EVENTS.entries()) {
      const kept = before[index] ?? [];
      const now = emitter.listeners(event) as Listener[];
      for (const listener of now) emitter.off(event, listener);
      const added = now.filter((each) => !kept.includes(each) && !isRethrowing(each));
      for (const listener of [...kept, ...added]) emitter.on(event, listener);
    }
  };
}

function isRethrowing(listener: Listener): boolean {
  return RETHROWS.test(String(listener).replaceAll(/\s/g, ""));
}
