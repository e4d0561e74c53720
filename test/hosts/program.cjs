const tf = require("@tensorflow/tfjs");

Promise.all([import("./train.js"), import("./files.js")]).then(async ([{ train }, { useFiles }]) => {
  // As programs that are not ES modules load them.
  const { enableTraining } = require("@silhouette/training-wasm");
  const { decodeImage } = require("@silhouette/training-wasm/node");
  const trained = await train(tf);
  const isOne = (await enableTraining()).threads === trained.threads && typeof decodeImage === "function";
  console.log(JSON.stringify({ isOne, ...trained, ...(await useFiles(tf, process.argv[2])) }));
});
