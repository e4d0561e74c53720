// A program for each published package that uses it as its README does, in an ES module of an empty project, and prints a line.

/** What a README has installed beside a package. @type {Readonly<Record<string, readonly string[]>>} */
export const BESIDES = { "training-wasm": ["@tensorflow/tfjs-layers@4.22.0"] };

/** @type {Readonly<Record<string, string>>} */
export const USES = {
  "preprocess-wasm": `
    import { init, Preprocessor } from "@silhouette/preprocess-wasm";
    await init();
    const preprocessor = new Preprocessor({ width: 30, height: 30 });
    const data = Uint8Array.from({ length: 60 * 40 * 3 }, (_, index) => (index < 3600 ? 20 : 230));
    const threshold = preprocessor.binarize({ data, width: 60, height: 40, channels: 3 }, new Uint8Array(preprocessor.packedBytes));
    console.log(\`threshold \${threshold}\`);
  `,
  "training-wasm": `
    import { oneHot, randomNormal, tensor1d } from "@tensorflow/tfjs-core";
    import { layers, sequential } from "@tensorflow/tfjs-layers";
    import { enableTraining } from "@silhouette/training-wasm";
    const { threads } = await enableTraining();
    const model = sequential();
    model.add(layers.conv2d({ inputShape: [12, 12, 1], filters: 4, kernelSize: 3, activation: "relu" }));
    model.add(layers.flatten());
    model.add(layers.dense({ units: 2, activation: "softmax" }));
    model.compile({ optimizer: "adam", loss: "categoricalCrossentropy" });
    const labels = oneHot(tensor1d([0, 1, 0, 1], "int32"), 2);
    const { history } = await model.fit(randomNormal([4, 12, 12, 1]), labels, { epochs: 20, verbose: 0 });
    if (!(history.loss.at(-1) < history.loss[0])) throw new Error("it does not learn");
    console.log(\`\${threads} threads\`);
    process.exit();
  `,
  trainer: `
    import { mkdir, rm } from "node:fs/promises";
    import sharp from "sharp";
    import { train } from "@silhouette/trainer";
    await rm("run", { recursive: true, force: true });
    for (const [label, shape] of [["circle", '<circle cx="20" cy="20" r="12"/>'], ["square", '<rect x="8" y="8" width="24" height="24"/>']]) {
      await mkdir(\`photos/\${label}\`, { recursive: true });
      for (let index = 0; index < 20; index++) {
        const svg = \`<svg width="40" height="40"><rect width="40" height="40" fill="#dd\${10 + index}"/>\${shape}</svg>\`;
        await sharp(Buffer.from(svg)).png().toFile(\`photos/\${label}/\${index}.png\`);
      }
    }
    const { metrics } = await train({ source: "photos", run: "run", epochs: 1, size: { width: 32, height: 32 } });
    console.log(\`\${metrics.pictures} test pictures\`);
    process.exit();
  `,
  report: `
    import { terminalPictures } from "@silhouette/report";
    const drawn = await terminalPictures(8, 4);
    const lines = drawn(new Uint8Array(8).fill(0xf0), { width: 8, height: 8 });
    console.log(\`\${lines.length} lines\`);
  `,
  studio: `
    import { serveStudio } from "@silhouette/studio";
    const studio = await serveStudio();
    const page = await (await fetch(studio.url)).text();
    await studio.close();
    console.log(/<title>.*<\\/title>/.exec(page)?.[0]);
    process.exit();
  `,
  cli: `
    import { execFileSync } from "node:child_process";
    import { rmSync } from "node:fs";
    rmSync("demo-result", { recursive: true, force: true });
    const program = "node_modules/@silhouette/cli/bin/silhouette.js";
    const output = execFileSync(process.execPath, [program, "demo", "--quick"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    console.log(/^\\d+ correct/m.exec(output)?.[0]);
  `,
  bench: `
    const { SUITES } = await import("@silhouette/bench");
    console.log(\`suites: \${SUITES.join(", ")}\`);
    process.exit();
  `,
};
