// The process' listeners for errors that nobody caught, in Node.js. TensorFlow.js' backend adds two of its own when it
// starts, which throw once more and so end the process in their way; and when it is disposed of it takes away all, the
// program's own too, since its test for which ones it added is always true (`!before.indexOf(listener) > -1`).

const EVENTS = ["uncaughtException", "unhandledRejection"] as const;

type Listener = (...args: unknown[]) => void;

interface Process {
  listeners(event: string): Listener[];
  on(event: string, listener: Listener): unknown;
  removeListener(event: string, listener: Listener): unknown;
}

/** What the backend's own listeners are, without white space: minified or not, they throw what they are given. */
const RETHROWS = /^function\(\w+\)\{[^{}]*\{?throw\w+;?\}+$/;

/** Remembers the listeners, and gives a function that puts back what is missing since, and removes the backend's own. */
export function keepProcessListeners(): () => void {
  const { process } = globalThis as { process?: Partial<Process> };
  if (process?.listeners === undefined) return () => undefined;
  const { listeners, on, removeListener } = process as Process;
  const listenersOf = (event: string): Listener[] => listeners.call(process, event);
  const before = EVENTS.map((event) => listenersOf(event));
  return () => {
    for (const [index, event] of EVENTS.entries()) {
      const kept = before[index] ?? [];
      const added = listenersOf(event).filter((each) => !kept.includes(each) && !isRethrowing(each));
      for (const listener of listenersOf(event)) removeListener.call(process, event, listener);
      for (const listener of [...kept, ...added]) on.call(process, event, listener);
    }
  };
}

function isRethrowing(listener: Listener): boolean {
  return RETHROWS.test(String(listener).replaceAll(/\s/g, ""));
}
