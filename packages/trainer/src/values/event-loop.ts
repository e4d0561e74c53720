// Pauses of long computations, in which timers, signals, messages and the page have their turn.

/** Lets everything that waits have its turn. A message comes sooner than a timer, which pages hold back. */
export async function pause(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  await new Promise((resolve) => {
    port1.addEventListener("message", resolve, { once: true });
    port1.start();
    port2.postMessage(undefined);
  });
  port1.close();
}
