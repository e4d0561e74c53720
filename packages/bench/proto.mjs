import { createRequire } from "node:module";
import * as tf from "@tensorflow/tfjs-core";
import { enableTraining } from "@silhouette/training-wasm";
const require = createRequire(import.meta.url);
async function stockBackend() {
  const own = tf.getKernelsForBackend("wasm"); const ownFactory = tf.findBackendFactory("wasm");
  tf.removeBackend("wasm"); for (const k of own) tf.unregisterKernel(k.kernelName, "wasm");
  const file = require.resolve("@tensorflow/tfjs-backend-wasm");
  const cached = require.cache[file]; delete require.cache[file];
  require(file); require.cache[file] = cached;
  tf.copyRegisteredKernels("wasm", "stock");
  tf.registerBackend("stock", tf.findBackendFactory("wasm"));
  tf.removeBackend("wasm"); for (const k of tf.getKernelsForBackend("wasm")) tf.unregisterKernel(k.kernelName, "wasm");
  for (const k of own) tf.registerKernel(k); tf.registerBackend("wasm", ownFactory);
}
await stockBackend();
const threads = +(process.argv[2] ?? 1);
await tf.setBackend("stock"); await tf.ready();
await enableTraining({ threads });
const rand = (shape, dtype="float32") => { const n = tf.util.sizeFromShape(shape); const v = dtype==="float32"? Float32Array.from({length:n}, ()=>Math.random()*2-1): Int32Array.from({length:n},()=>Math.random()*100); return { v, shape, dtype }; };
const cases = (N) => {
  const s = Math.round(Math.sqrt(N)), h=Math.max(2,Math.round(Math.sqrt(N/8/32)));
  const img=[8,h,h,32], img3=[Math.max(1,N>1e5?8:1), Math.round(Math.sqrt(N/(N>1e5?8:1)/3)),Math.round(Math.sqrt(N/(N>1e5?8:1)/3)),3];
  return {
    softmax: [[[Math.round(N/64),64]], x=>tf.softmax(x)],
    softmax10: [[[Math.round(N/10),10]], x=>tf.softmax(x)],
    transpose2d: [[[s,s]], x=>tf.transpose(x)],
    transpose0213: [[[4,Math.round(N/4/8/16),8,16]], x=>tf.transpose(x,[0,2,1,3])],
    transposeCHW: [[img3], x=>tf.transpose(x,[0,3,1,2])],
    concatLast: [[[Math.round(N/64),32],[Math.round(N/64),32]], (a,b)=>tf.concat([a,b],1)],
    concat0: [[[Math.round(N/2)],[Math.round(N/2)]], (a,b)=>tf.concat([a,b],0)],
    concatThin: [[[Math.round(N/4),2],[Math.round(N/4),2]], (a,b)=>tf.concat([a,b],1)],
    pad: [[img], x=>tf.pad(x,[[0,0],[1,1],[1,1],[0,0]])],
    slice: [[[s,s]], x=>tf.slice(x,[1,1],[s-2,s-2])],
    split: [[[s,s]], x=>tf.split(x,[s>>1,s-(s>>1)],1)[0]],
    bilinear: [[img3], x=>tf.image.resizeBilinear(x,[img3[1]*2>4000?224:img3[1],img3[2]+1])],
    bilinearUp32: [[img], x=>tf.image.resizeBilinear(x,[2*h,2*h])],
    nearestUp32: [[img], x=>tf.image.resizeNearestNeighbor(x,[2*h,2*h])],
    gatherRows: [[[Math.round(N/64),64],[Math.round(N/64),"i"]], (x,i)=>tf.gather(x,i)],
    maxPool: [[img], x=>tf.maxPool(x,2,2,"valid")],
    maxPool3: [[img], x=>tf.maxPool(x,3,2,"same")],
    avgPool: [[img], x=>tf.avgPool(x,2,2,"valid")],
    globalAvg: [[img], x=>tf.avgPool(x,[h,h],1,"valid")],
    maxPoolGrad: [[img,[8,h>>1,h>>1,32]], (x,dy)=>tf.engine().runKernel("MaxPoolGrad",{dy,input:x,output:x},{filterSize:[2,2],strides:[2,2],pad:"valid"})],
    maxPoolGrad3: [[img,[8,(h+1)>>1,(h+1)>>1,32]], (x,dy)=>tf.engine().runKernel("MaxPoolGrad",{dy,input:x,output:x},{filterSize:[3,3],strides:[2,2],pad:"same"})],
    avgPoolGrad: [[img,[8,h>>1,h>>1,32]], (x,dy)=>tf.engine().runKernel("AvgPoolGrad",{dy,input:x},{filterSize:[2,2],strides:[2,2],pad:"valid"})],
  };
};
const only = process.argv[4];
for (const N of (process.argv[3]??"4000000,1000,64").split(",").map(Number)) {
  console.log("N", N);
  for (const [name,[shapes,f]] of Object.entries(cases(N))) {
    if (only && !name.startsWith(only)) continue;
    const data = shapes.map(s => s.at(-1)==="i" ? { shape: s.slice(0,-1), dtype:"int32", v: Int32Array.from({length:s[0]},()=>Math.random()*s[0]) } : rand(s));
    const res = {}; let outs={};
    const T = {};
    for (const b of ["stock","wasm"]) { tf.setBackend(b); T[b] = data.map(d=>tf.tensor(d.v,d.shape,d.dtype)); }
    for (let round=0; round<5; round++) for (const b of ["stock","wasm"]) {
      tf.setBackend(b);
      const reps = N>1e5?1:3000;
      try {
      for (let r=0;r<(N>1e5?2:3);r++) { const t=performance.now(); for (let i=0;i<reps;i++) { const y=f(...T[b]); if (round===0&&i===0) outs[b]=Array.isArray(y)?y[0].dataSync():y.dataSync(); else if (b==='wasm') tf.backend().getMemoryOffset(y.dataId); y.dispose(); } const e=(performance.now()-t)/reps; if(!(round===0&&r===0)) res[b]=Math.min(res[b]??1e9,e); }
      } catch (e) { if(round===0) console.log(b, e.message.slice(0,100)); }
    }
    let diff = 0; if (outs.stock&&outs.wasm) for (let i=0;i<outs.stock.length;i++) diff=Math.max(diff,Math.abs(outs.stock[i]-outs.wasm[i]));
    const u=N>1e5?1:1000;
    console.log(name.padEnd(16), "stock", (res.stock*u)?.toFixed(2).padStart(8), "ours", (res.wasm*u).toFixed(2).padStart(8), "ratio", (res.wasm/res.stock).toFixed(2), "diff", diff);
    for (const b of ["stock","wasm"]) T[b].forEach(t=>t.dispose());
  }
}
process.exit(0);
