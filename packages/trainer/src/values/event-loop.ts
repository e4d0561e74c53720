// Pauses in long computations, so that timers, signals, messages and the page get a turn.

/** Yields to the event loop. Uses a message rather than a timer, because pages throttle timers. */
export async function pause(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  await new Promise((resolve) => {
    port1.addEventListener("message", resolve, { once: true });
    port1.start();
    port2.postMessage(undefined);
  });
  port1.close();
}
