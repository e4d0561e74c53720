// Divides long work on the main thread, so that the page answers in between.

/** Waits until the browser has done what waits: drawing, clicks and keys. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
