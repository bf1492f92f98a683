// onnxruntime-web, for workers: from beside the page, or, where the book was built without npm, from elsewhere.

const RUNTIME = "onnxruntime-web@1.30.0"; // as in package.json
export const RUNTIME_FILE = "ort.wasm.min.mjs"; // for the processor alone

/** Where the runtime may be, for a page whose modules lie in a folder. */
export const addressesOf = (folder) => [`${folder}ort/`, `https://cdn.jsdelivr.net/npm/${RUNTIME}/dist/`];

/** The runtime, from the first address that has it; `file` is which of its builds. More threads than one need an isolated page. */
export async function load(addresses, file = RUNTIME_FILE, threads = 1) {
  for (const address of addresses) {
    try {
      const ort = await import(`${address}${file}`);
      ort.env.wasm.wasmPaths = address;
      ort.env.wasm.numThreads = threads;
      ort.env.logLevel = "error";
      return ort;
    } catch {
      // The next one, then.
    }
  }
  throw new Error("the runtime for networks could not be loaded");
}
