// What the worker tells the page before it answers.

/** `loaded`: its code and its kernels are there; `started`: its threads are, too, or it knows why not. */
export type Sign = "loaded" | "started";
