// onnxruntime-web, for workers: from beside the page, or, where the book was built without npm, from elsewhere.

const RUNTIME = "onnxruntime-web@1.30.0"; // as in package.json

/** Where the runtime may be, for a page whose modules lie in a folder. */
export const addressesOf = (folder) => [`${folder}ort/`, `https://cdn.jsdelivr.net/npm/${RUNTIME}/dist/`];

/** The runtime, from the first address that has it; `file` is which of its builds. */
export async function load(addresses, file = "ort.wasm.min.mjs") {
  for (const address of addresses) {
    try {
      const ort = await import(`${address}${file}`);
      ort.env.wasm.wasmPaths = address;
      ort.env.wasm.numThreads = 1; // more need headers that few servers of static pages send
      ort.env.logLevel = "error";
      return ort;
    } catch {
      // The next one, then.
    }
  }
  throw new Error("the runtime for networks could not be loaded");
}
