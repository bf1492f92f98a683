// Runs a network away from the page's own thread. A message in: {addresses, where the runtime may be,
// name and address of the network, signal, frame, hop}. Out: {progress}, and {output, seconds} or {error}.
import { cut, frameCount, hann, overlapAdd } from "./frames.js";
import { load } from "./runtime.js";

const BATCH = 8; // frames at a time: between two, progress is told
const sessions = new Map();
let runtime = null;

async function run({ addresses, name, address, signal, frame, hop }) {
  runtime ??= load(addresses);
  runtime.catch(() => (runtime = null)); // to be tried again
  const ort = await runtime;
  if (!sessions.has(name)) sessions.set(name, await ort.InferenceSession.create(address));
  const session = sessions.get(name);
  const shape = { frame, hop, window: hann(frame), gain: frame / (2 * hop) };
  const output = new Float32Array(signal.length);
  const count = frameCount(signal.length, frame, hop);
  const began = performance.now();
  for (let first = 0; first < count; first += BATCH) {
    const many = Math.min(BATCH, count - first);
    const x = new ort.Tensor("float32", cut(signal, shape, first, many), [many, 1, frame]);
    const { y } = await session.run({ x });
    overlapAdd(y.data, output, shape, first);
    postMessage({ progress: (first + many) / count });
  }
  postMessage({ output, seconds: (performance.now() - began) / 1000 }, [output.buffer]);
}

addEventListener("message", ({ data }) => run(data).catch((error) => postMessage({ error: String(error?.message || error) })));
