// What the build puts before the service worker.

/** Changes with the content of any file. */
declare const VERSION: string;

/** Addresses of all files of the site, relative to it. */
declare const FILES: string[];
