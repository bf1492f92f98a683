// Workers of the page, wherever it came from.

/**
 * A worker that runs a module.
 * @param {string} address of the module
 */
export function openWorker(address) {
  const module = { type: "module" };
  if (!globalThis.crossOriginIsolated) return new Worker(address, module);
  // An isolated page may start only what came with its headers. A worker from a blob has the page's own, and so
  // starts even where the service worker that gave them (isolation.js) is gone meanwhile.
  const source = new Blob([`import ${JSON.stringify(String(address))};`], { type: "text/javascript" });
  const blob = URL.createObjectURL(source);
  const worker = new Worker(blob, module);
  worker.addEventListener("message", () => URL.revokeObjectURL(blob), { once: true });
  return worker;
}
