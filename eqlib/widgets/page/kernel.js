// How a component in Jupyter reaches the server behind its kernel.

/** Asks the Jupyter server that this page comes from to interrupt a kernel: a busy one hears nothing else. */
export async function interrupt(kernelId) {
  const settings = JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}");
  if (!kernelId || !settings.baseUrl) throw new Error("no Jupyter server to ask");
  const headers = { "X-XSRFToken": document.cookie.match(/(?:^|; )_xsrf=([^;]*)/)?.[1] ?? "" };
  if (settings.token) headers.Authorization = `token ${settings.token}`;
  const reply = await fetch(`${settings.baseUrl}api/kernels/${kernelId}/interrupt`, { method: "POST", headers });
  if (!reply.ok) throw new Error(`the server said ${reply.status}`);
}
