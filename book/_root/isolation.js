// A service worker with one task: pages and workers of this book get the two headers with which a browser lets
// several threads share memory, as training in the page may (threads.js). Hosts of static pages cannot be told to
// send them. It keeps nothing, and all else (images, sounds, modules, other sites) passes it by.
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  // Not require-corp, which refuses what other hosts send without a header of their own.
  "Cross-Origin-Embedder-Policy": "credentialless",
};
const WORKERS = ["worker", "sharedworker"];

async function isolated(request) {
  const reply = await fetch(request); // where this fails, the page fails as it would have
  if (reply.type !== "basic") return reply; // a redirect, which the browser is to follow
  const { status, statusText } = reply;
  const headers = new Headers(reply.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  return new Response(reply.body, { status, statusText, headers });
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const ours = new URL(request.url).origin === location.origin;
  if (ours && (request.mode === "navigate" || WORKERS.includes(request.destination))) event.respondWith(isolated(request));
});
