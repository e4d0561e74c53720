// Serves the studio on the loopback address, with the headers that threads need, and a run to open.

import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { readResults } from "@silhouette/trainer/runs";
import sirv from "sirv";

/** Options for {@link serveStudio}. */
export interface StudioOptions {
  /** A run folder, which the page opens with. Default: none. */
  readonly run?: string;
  /** Port on 127.0.0.1; 0 takes a free one. Default 0. */
  readonly port?: number;
}

/** A studio that is being served. */
export interface Studio {
  /** The address to open. */
  readonly url: string;
  /** Stops serving. */
  close(): Promise<void>;
}

/** The loopback address: no other machine can connect. */
const HOST = "127.0.0.1";

/** The site, as the build wrote it beside this module. */
const SITE = fileURLToPath(new URL("../site", import.meta.url));

/** Where the page finds the run. */
const RUN = "/run/";

/** Lists the paths of the run's files, as JSON. */
const LIST = "files.json";

/**
 * Serves the studio. Only this machine can open it, and only under the address that is returned: pages of other sites cannot read the
 * run through it.
 *
 * @throws {TrainerError} `RUN_NOT_FOUND`, `RUN_VERSION`, `RUN_DAMAGED`
 * @throws {Error} with the code `EADDRINUSE` or the like if the port cannot be used
 * @example
 * import { serveStudio } from "@silhouette/studio";
 *
 * const studio = await serveStudio();
 * console.log(studio.url);
 * await studio.close();
 */
export async function serveStudio({ run, port = 0 }: StudioOptions = {}): Promise<Studio> {
  if (run !== undefined) await readResults(run);
  const site = sirv(SITE, { etag: true, setHeaders: isolate });
  const runFiles = run === undefined ? undefined : sirv(resolve(run), { dev: true, setHeaders: isolate });
  const server = createServer((request, response) => {
    const notFound = (): void => void response.writeHead(404).end("Not found\n");
    const { url = "/" } = request;
    if (!isOwn(request, server.address() as AddressInfo)) {
      response.writeHead(403).end("Open the studio under its own address\n");
    } else if (!url.startsWith(RUN)) {
      site(request, response, notFound);
    } else if (run === undefined || runFiles === undefined) {
      notFound();
    } else {
      const serve = async (): Promise<void> => {
        const paths = await pathsIn(run);
        const path = decoded(url.slice(RUN.length));
        if (path === LIST) {
          isolate(response);
          response.setHeader("Content-Type", "application/json");
          response.end(JSON.stringify(paths));
        } else if (path !== undefined && paths.includes(path)) {
          request.url = url.slice(RUN.length - 1);
          runFiles(request, response, notFound);
        } else notFound();
      };
      // A run that has been moved away meanwhile.
      serve().catch(notFound);
    }
  });
  server.listen(port, HOST);
  await once(server, "listening");
  const { port: actual } = server.address() as AddressInfo;
  const query = run === undefined ? "" : `?run=${encodeURIComponent(basename(resolve(run)))}`;
  return {
    url: `http://${HOST}:${actual}/${query}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** Whether a request is for this server: a page of another site can name this address by a host of its own (DNS rebinding). */
function isOwn({ headers: { host } }: IncomingMessage, { port }: AddressInfo): boolean {
  return host === `${HOST}:${port}` || host === `localhost:${port}`;
}

/** Threads share memory only in pages with these two headers. */
function isolate(response: ServerResponse): void {
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
}

/** A path of an address; undefined if it is none. */
function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** The paths of all files in a folder, with `/`, sorted, without hidden ones. */
async function pathsIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .filter((path) => path.split("/").every((name) => !name.startsWith(".")))
    .toSorted();
}
