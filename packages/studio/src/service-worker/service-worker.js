// The studio offline: keeps the files of the site, which the build lists.
//
// Pages ask the server first, so that a new version is seen; everything else has its content in its name, or changes with the page.

/** @type {ServiceWorkerGlobalScope} */
const worker = /** @type {any} */ (globalThis);

const CACHE = `silhouette-studio-${VERSION}`;

worker.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)));
});

// Not before all pages of the version before are closed: they may still load parts of it.
worker.addEventListener("activate", (event) => {
  event.waitUntil(removeOthers().then(() => worker.clients.claim()));
});

async function removeOthers() {
  const names = await caches.keys();
  const others = names.filter((name) => name.startsWith("silhouette-studio-") && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
}

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  const scope = new URL(worker.registration.scope);
  const isRun = pathname.startsWith(`${scope.pathname}run/`);
  if (request.method !== "GET" || origin !== scope.origin || isRun) return;
  event.respondWith(request.mode === "navigate" ? page(request) : file(request));
});

/** @param {Request} request */
async function page(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match("./", { cacheName: CACHE });
    if (kept === undefined) throw error;
    return kept;
  }
}

/** @param {Request} request */
async function file(request) {
  return (await caches.match(request, { cacheName: CACHE })) ?? fetch(request);
}
