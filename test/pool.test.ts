// The worker pool of @silhouette/preprocess-wasm in Node.js: the built one, since the build embeds the worker's script.

import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";

import { init, Preprocessor, type Picture } from "@silhouette/preprocess-wasm";
import { PreprocessorPool, type PoolBinarizeOptions, type PoolResult } from "@silhouette/preprocess-wasm/pool";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import { outputOf, REPOSITORY } from "./programs.ts";

const SIZE = { width: 24, height: 20 };

let alone: Preprocessor;
beforeAll(async () => {
  await init();
  alone = new Preprocessor(SIZE);
});

/** Resources that are released after the test. */
const opened: PreprocessorPool[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(opened.splice(0).map((pool) => pool.close()));
});

async function poolOf(workers: number): Promise<PreprocessorPool> {
  const pool = await PreprocessorPool.start({ ...SIZE, workers });
  opened.push(pool);
  return pool;
}

/** The worker threads of pools started from now on. */
function watchedWorkers(): Worker[] {
  const workers: Worker[] = [];
  vi.spyOn(process.getBuiltinModule("node:worker_threads"), "Worker").mockImplementation(function (script, options) {
    const worker = new Worker(script, options);
    workers.push(worker);
    return worker;
  });
  return workers;
}

/** A picture of noise, different for each `seed`. */
function noise(seed: number, width = 40 + (seed % 7), height = 30 + (seed % 5)): Picture {
  const channels = ([1, 3, 4] as const)[seed % 3] ?? 1;
  let state = seed + 1;
  const data = Uint8Array.from(
    { length: width * height * channels },
    () => (state = (state * 48_271) % 2_147_483_647) >> 8,
  );
  return { data, width, height, channels };
}

const noises = (count: number): Picture[] => Array.from({ length: count }, (_, seed) => noise(seed));

/** The results of a single preprocessor, in the format of {@link told}. */
function expected(pictures: readonly Picture[]): readonly string[] {
  return pictures.map((picture, index) => {
    const mask = new Uint8Array(alone.packedBytes);
    const threshold = alone.binarize(picture, mask);
    return lineOf(index, threshold, mask, picture);
  });
}

/** Results as lines, which compare faster than arrays. */
function told(results: readonly PoolResult[]): readonly string[] {
  return results.map((each) =>
    "error" in each ? `${each.index}: ${each.error.code}` : lineOf(each.index, each.threshold, each.mask, each.picture),
  );
}

function lineOf(index: number, threshold: number, mask: Uint8Array, { data, ...others }: Picture): string {
  const [maskHex, digest] = [Buffer.from(mask).toString("hex"), createHash("sha1").update(data).digest("hex")];
  return `${index}: ${threshold} ${maskHex} of ${digest} ${JSON.stringify(others)}`;
}

async function resultsOf(
  pool: PreprocessorPool,
  pictures: Iterable<Picture> | AsyncIterable<Picture>,
  options?: PoolBinarizeOptions,
): Promise<PoolResult[]> {
  const results: PoolResult[] = [];
  for await (const result of pool.binarize(pictures, options)) results.push(result);
  return results;
}

const hasCode = (code: string): unknown => expect.objectContaining({ name: "PreprocessError", code });

describe("a pool", () => {
  it.each([1, 2, 3])("of %d workers gives each picture's result in order", async (workers) => {
    const pool = await poolOf(workers);
    expect(told(await resultsOf(pool, noises(300)))).toEqual(expected(noises(300)));
    // It can be used again, with other sizes.
    const mixed = [noise(1, 900, 700), ...noises(3)];
    expect(told(await resultsOf(pool, mixed))).toEqual(expected(mixed));
    expect(await resultsOf(pool, [])).toEqual([]);
  });

  it("transfers buffers to the workers and back, if requested", async () => {
    const pool = await poolOf(2);
    const pictures = noises(50);
    const moved = new Set<ArrayBufferLike>(pictures.map(({ data }) => data.buffer));
    const results = await resultsOf(pool, pictures, { transfer: true });
    expect(told(results)).toEqual(expected(noises(50)));
    for (const { data } of pictures) expect(data.length).toBe(0);
    for (const { picture } of results) expect(moved.has(picture.data.buffer)).toBe(false);
  });

  it("does not transfer a Buffer unless requested", async () => {
    const pool = await poolOf(1);
    const picture = noise(1, 300, 200);
    // Not from Node.js' shared pool, which cannot be transferred anyway.
    const data = Buffer.alloc(picture.data.length);
    data.set(picture.data);
    const both = [picture, picture];
    const results = await resultsOf(pool, [
      { ...picture, data },
      { ...picture, data },
    ]);
    expect(told(results)).toEqual(expected(both));
    expect(data).toHaveLength(picture.data.length);
  });

  it("uses pictures as they are when passed in, and reports which cannot be returned", async () => {
    const pool = await poolOf(1);
    const right = noise(1);
    const throwing = (): never => {
      throw new RangeError("Expected nobody to ask");
    };
    let asked = 0;
    const changing = Object.defineProperty(noise(1), "width", { get: () => (asked++ === 0 ? right.width : 1e9) });
    const [first] = await resultsOf(pool, [changing]);
    expect(first).toEqual(expect.objectContaining({ threshold: alone.threshold(right) }));

    const unreadable = Object.defineProperty(noise(1), "label", { enumerable: true, get: throwing });
    const results = await resultsOf(pool, [right, unreadable, noise(2)], { transfer: true });
    expect(results.map((result) => ("error" in result ? result.error.code : result.index))).toEqual([
      0,
      "INVALID_ARGUMENT",
      2,
    ]);
  });

  it("keeps other properties of a picture, and returns the same object if it was copied", async () => {
    const pool = await poolOf(1);
    const named = { ...noise(1), name: "a.jpg" };
    for await (const { picture } of pool.binarize([named])) expect(picture).toBe(named);
    for await (const { picture } of pool.binarize([named], { transfer: true })) expect(picture.name).toBe("a.jpg");
  });

  it("lets a source use one array for all its pictures, as cameras do", async () => {
    const pool = await poolOf(2);
    const frame = noise(0, 40, 30);
    async function* frames(): AsyncGenerator<Picture> {
      for (let seed = 0; seed < 90; seed += 3) {
        (frame.data as Uint8Array).set(noise(seed, 40, 30).data);
        yield frame;
      }
    }
    const masks = (await resultsOf(pool, frames())).map((each) => "mask" in each && each.mask);
    const alike = Array.from({ length: 30 }, (_, index) => {
      const mask = new Uint8Array(alone.packedBytes);
      alone.binarize(noise(3 * index, 40, 30), mask);
      return mask;
    });
    expect(masks).toEqual(alike);
  });

  it("supports pictures that are parts of one buffer", async () => {
    const pool = await poolOf(2);
    const all = new Uint8Array(4 * 600).fill(9);
    for (let index = 0; index < 4; index++) all.fill(200, index * 600, index * 600 + 100 * (index + 1));
    const parts = (bytes: Uint8Array): Picture[] =>
      [0, 1, 2, 3].map((index) => {
        return { data: bytes.subarray(index * 600, (index + 1) * 600), width: 30, height: 20, channels: 1 };
      });
    const wanted = expected(parts(all.slice()));
    expect(told(await resultsOf(pool, parts(all.slice())))).toEqual(wanted);
  });

  it("sends small pictures in batches", async () => {
    const workers = watchedWorkers();
    const pool = await poolOf(1);
    const [worker] = workers;
    const post = vi.spyOn(worker ?? Worker.prototype, "postMessage");
    await resultsOf(pool, noises(640));
    expect(post.mock.calls.length).toBeLessThanOrEqual(640 / 32 + 2);
  });

  it("pulls no more pictures than there is room for", async () => {
    const pool = await poolOf(2);
    let [pulled, taken, most] = [0, 0, 0];
    function* counted(): Generator<Picture> {
      for (let index = 0; index < 1000; index++) {
        pulled++;
        yield noise(index % 10);
      }
    }
    for await (const { index } of pool.binarize(counted())) {
      taken++;
      // An occasionally slow consumer: the workers have time to finish all their pictures.
      if (index % 250 === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      most = Math.max(most, pulled - taken);
    }
    expect(taken).toBe(1000);
    expect(most).toBeGreaterThan(32);
    expect(most).toBeLessThanOrEqual(7 * 32);
  });

  it("holds few pictures if they are large, but keeps every worker busy", async () => {
    const pool = await poolOf(2);
    let [pulled, taken, most] = [0, 0, 0];
    const large: Picture = { data: new Uint8Array(4000 * 4000), width: 4000, height: 4000, channels: 1 };
    function* counted(): Generator<Picture> {
      for (; pulled < 12; pulled++) yield large;
    }
    for await (const result of pool.binarize(counted())) {
      expect(result).toHaveProperty("threshold");
      taken++;
      await new Promise((resolve) => setTimeout(resolve, 10));
      most = Math.max(most, pulled - taken);
    }
    expect(most).toBeGreaterThanOrEqual(2);
    expect(most).toBeLessThanOrEqual(5);
  });

  it("does not wait for more pictures before computing one", async () => {
    const pool = await poolOf(2);
    let show: (picture: Picture) => void = () => undefined;
    async function* frames(): AsyncGenerator<Picture> {
      for (;;) yield await new Promise<Picture>((resolve) => (show = resolve));
    }
    const results = pool.binarize(frames());
    for (const seed of [1, 2, 3]) {
      const result = results.next();
      await vi.waitFor(() => show(noise(seed)));
      expect((await result).value).toMatchObject({ threshold: expect.any(Number) });
    }
    // The next frame never arrives: closing does not wait for it.
    await results.return();
  });

  it("writes masks in the requested format, also of strides and regions", async () => {
    const pool = await poolOf(2);
    const { data } = noise(0, 64, 40);
    const region = { x: 3, y: 5, width: 30, height: 20 };
    const part: Picture = { data, width: 50, height: 40, channels: 1, stride: 64, region };
    const style = { format: "0/255", invert: true } as const;
    const mask = new Uint8Array(SIZE.width * SIZE.height);
    const threshold = alone.binarize(part, mask, style);
    expect(await resultsOf(pool, [part], style)).toEqual([{ index: 0, threshold, mask, picture: part }]);
  });

  it("serves concurrent callers", async () => {
    const pool = await poolOf(2);
    const all = await Promise.all([40, 1, 90].map((count) => resultsOf(pool, noises(count))));
    for (const results of all) expect(told(results)).toEqual(expected(noises(results.length)));
  });
});

describe("a failure in a pool", () => {
  it("is a result if a picture is invalid, and the others are computed", async () => {
    const pool = await poolOf(2);
    const good = noise(3);
    const wrong = [
      { ...good, width: 0 },
      { ...good, data: good.data.slice(1) },
      null as unknown as Picture,
      { ...good, channels: 2 as 3 },
    ];
    for (const transfer of [false, true]) {
      const pictures = wrong.flatMap((each) => [{ ...good, data: good.data.slice() }, each]);
      const results = await resultsOf(pool, pictures, { transfer });
      expect(results.map((each) => ("error" in each ? each.error.code : each.index))).toEqual([
        0,
        "INVALID_ARGUMENT",
        2,
        "WRONG_LENGTH",
        4,
        "INVALID_ARGUMENT",
        6,
        "INVALID_ARGUMENT",
      ]);
      expect(results[1]).toMatchObject({ index: 1, picture: wrong[0], error: { message: /pictures\[1\]\.width/ } });
    }
  });

  it("is a result if a picture does not fit into memory", async () => {
    const pool = await PreprocessorPool.start({ width: 65_000, height: 66_500, workers: 1 });
    opened.push(pool);
    const results = await resultsOf(pool, [noise(1), noise(2)]);
    for (const result of results) expect(result).toMatchObject({ error: hasCode("OUT_OF_MEMORY") });
    expect(results.length).toBe(2);
  });

  it("is a result if a buffer cannot be transferred, and the others are computed", async () => {
    const pool = await poolOf(1);
    const fixed: Picture = { data: new Uint8Array(new SharedArrayBuffer(100)), width: 10, height: 10, channels: 1 };
    const results = await resultsOf(pool, [noise(0), noise(1), fixed, noise(2)], { transfer: true });
    expect(results.map((each) => ("error" in each ? each.error.code : each.index))).toEqual([
      0,
      1,
      "INVALID_ARGUMENT",
      3,
    ]);
    expect(await resultsOf(pool, [fixed])).toMatchObject([{ threshold: 0 }]);
  });

  it("is thrown if the source throws, after the results of earlier pictures", async () => {
    const pool = await poolOf(2);
    function* broken(): Generator<Picture> {
      yield* noises(50);
      throw new RangeError("the disk is gone");
    }
    const results: PoolResult[] = [];
    await expect(async () => {
      for await (const result of pool.binarize(broken())) results.push(result);
    }).rejects.toThrow(new RangeError("the disk is gone"));
    expect(told(results)).toEqual(expected(noises(50)));
    expect(told(await resultsOf(pool, noises(2)))).toEqual(expected(noises(2)));
  });

  it("closes the source if the consumer stops early", async () => {
    const pool = await poolOf(2);
    let closed = 0;
    function* endless(): Generator<Picture> {
      try {
        for (;;) yield noise(1);
      } finally {
        closed++;
      }
    }
    for await (const { index } of pool.binarize(endless())) if (index === 100) break;
    expect(closed).toBe(1);
    await expect(async () => {
      for await (const { index } of pool.binarize(endless())) if (index === 3) throw new Error("enough");
    }).rejects.toThrow("enough");
    expect(closed).toBe(2);
    expect(told(await resultsOf(pool, noises(2)))).toEqual(expected(noises(2)));
  });

  it("is reported if a worker exits: its pictures fail, and the other worker gets the rest", async () => {
    const workers = watchedWorkers();
    const pool = await poolOf(2);
    const worker = workers[0] ?? expect.fail("no worker was started");
    const codes = new Set<string>();
    let computed = 0;
    for await (const result of pool.binarize(noises(2000))) {
      // Ends just before it is sent the next batch, which it therefore has not computed, however fast it is.
      if (result.index === 10) {
        vi.spyOn(worker, "postMessage").mockImplementationOnce((...message) => {
          void worker.terminate();
          worker.postMessage(...message);
        });
      }
      if ("error" in result) codes.add(result.error.code);
      else computed++;
    }
    expect([...codes]).toEqual(["WORKER_LOST"]);
    expect(computed).toBeGreaterThanOrEqual(2000 - 2 * 32);
    expect(told(await resultsOf(pool, noises(9)))).toEqual(expected(noises(9)));
  });

  it("is reported if the last worker exits, and by every later call", async () => {
    const workers = watchedWorkers();
    const pool = await poolOf(1);
    const indices: number[] = [];
    await expect(async () => {
      for await (const { index } of pool.binarize(noises(2000))) {
        indices.push(index);
        if (index === 10) void workers[0]?.terminate();
      }
    }).rejects.toThrow(hasCode("WORKER_LOST"));
    expect(indices).toEqual([...indices.keys()]);
    await expect(resultsOf(pool, noises(1))).rejects.toThrow(hasCode("WORKER_LOST"));
  });

  it("is reported if a worker throws an unexpected error", async () => {
    const workers = watchedWorkers();
    const pool = await poolOf(1);
    await Promise.all([
      expect(resultsOf(pool, noises(100))).rejects.toThrow(hasCode("WORKER_LOST")),
      // Not a batch: the worker throws a TypeError.
      Promise.resolve(workers[0]?.postMessage({})),
    ]);
  });

  it("is reported to pending and later calls if the pool is closed", async () => {
    const pool = await poolOf(2);
    const waiting = resultsOf(pool, noises(5000));
    await Promise.all([expect(waiting).rejects.toThrow(hasCode("POOL_CLOSED")), pool.close()]);
    await pool.close();
    await expect(resultsOf(pool, noises(1))).rejects.toThrow(hasCode("POOL_CLOSED"));
  });

  it.each<[string, object, string]>([
    ["no worker", { workers: 0 }, "a whole number from 1 to 256 for workers but received 0"],
    ["a size of 0", { width: 0 }, "for width but received 0"],
    ["options of another type", null as unknown as object, "an object for options but received null"],
  ])("is told at once: %s", async (_, options, message) => {
    await expect(PreprocessorPool.start(options)).rejects.toThrow(message);
  });

  it.each<[string, object]>([
    ["format", { format: "1/0" }],
    ["invert", { invert: 1 }],
    ["transfer", { transfer: "yes" }],
  ])("is told at once: another %s", async (name, options) => {
    const pool = await poolOf(1);
    await expect(resultsOf(pool, noises(1), options)).rejects.toThrow(`for ${name} but received`);
  });

  it.each([5, undefined, null, {}])("is thrown immediately: %s for pictures", async (pictures) => {
    const pool = await poolOf(1);
    await expect(resultsOf(pool, pictures as Picture[])).rejects.toThrow(hasCode("INVALID_ARGUMENT"));
  });
});

describe("a program with a pool", () => {
  it("exits even if the pool is open, and needs init first", async () => {
    const program = `
      import { init } from "@silhouette/preprocess-wasm";
      import { PreprocessorPool } from "@silhouette/preprocess-wasm/pool";

      console.log(await PreprocessorPool.start().catch(({ code }) => code));
      await init();
      const pool = await PreprocessorPool.start({ width: 8, height: 8, workers: 2 });
      const picture = { data: new Uint8Array(300).fill(7), width: 10, height: 10, channels: 3 };
      for await (const { index, threshold } of pool.binarize([picture, picture])) console.log(index, threshold);
    `;
    const args = ["--input-type=module", "--eval", program];
    expect(await outputOf(process.execPath, args, { cwd: `${REPOSITORY}/test` })).toBe("NOT_INITIALIZED\n0 0\n1 0\n");
  });

  it("works where Node.js' class of threads is global, as programs of Emscripten make it", async () => {
    const program = `
      import { Worker } from "node:worker_threads";
      import { init } from "@silhouette/preprocess-wasm";
      import { PreprocessorPool } from "@silhouette/preprocess-wasm/pool";

      globalThis.Worker = Worker;
      await init();
      const pool = await PreprocessorPool.start({ width: 8, height: 8, workers: 1 });
      const picture = { data: new Uint8Array(300).fill(7), width: 10, height: 10, channels: 3 };
      for await (const { index, threshold } of pool.binarize([picture])) console.log(index, threshold);
    `;
    const args = ["--input-type=module", "--eval", program];
    expect(await outputOf(process.execPath, args, { cwd: `${REPOSITORY}/test` })).toBe("0 0\n");
  });

  it("continues after a close with pending results", async () => {
    const program = `
      import { setImmediate } from "node:timers/promises";
      import { init } from "@silhouette/preprocess-wasm";
      import { PreprocessorPool } from "@silhouette/preprocess-wasm/pool";

      await init();
      const pool = await PreprocessorPool.start({ width: 8, height: 8, workers: 1 });
      const picture = { data: new Uint8Array(300), width: 10, height: 10, channels: 3 };
      const first = pool.binarize(Array(9).fill(picture)).next();
      await setImmediate();
      // The worker responds while this thread is busy.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      await pool.close();
      console.log("closed", "index" in (await first).value);
    `;
    const args = ["--input-type=module", "--eval", program];
    expect(await outputOf(process.execPath, args, { cwd: `${REPOSITORY}/test` })).toBe("closed true\n");
  });
});
