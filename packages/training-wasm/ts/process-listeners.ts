// The process' listeners for uncaught errors, in Node.js. When TensorFlow.js' backend starts, it adds two of its own,
// which rethrow and so end the process; when it is disposed of, it removes all of them, including the program's own,
// since its test for the ones it added is always true (`!before.indexOf(listener) > -1`).

const EVENTS = ["uncaughtException", "unhandledRejection"] as const;

type Listener = (...args: unknown[]) => void;

/** Matches the backend's own listeners, without white space: minified or not, they throw their argument. */
const RETHROWS = /^function\(\w+\)\{[^{}]*\{?throw\w+;?\}+$/;

/** Remembers the listeners, and returns a function that restores missing ones, and removes the backend's own. */
export function keepProcessListeners(): () => void {
  const node = (globalThis as { process?: Partial<NodeJS.Process> }).process;
  if (node?.listeners === undefined) return () => undefined;
  const emitter = node as NodeJS.EventEmitter;
  const before = EVENTS.map((event) => emitter.listeners(event) as Listener[]);
  return () => {
    for (const [index, event] of EVENTS.entries()) {
      const kept = before[index] ?? [];
      const now = emitter.listeners(event) as Listener[];
      for (const listener of now) if (!kept.includes(listener) && isRethrowing(listener)) emitter.off(event, listener);
      // Those of a host such as Next.js, which notices that its own are removed, are left alone if they are all there.
      if (kept.every((each) => now.includes(each))) continue;
      const left = emitter.listeners(event) as Listener[];
      for (const listener of left) emitter.off(event, listener);
      for (const listener of new Set([...kept, ...left])) emitter.on(event, listener);
    }
  };
}

function isRethrowing(listener: Listener): boolean {
  return RETHROWS.test(String(listener).replaceAll(/\s/g, ""));
}
