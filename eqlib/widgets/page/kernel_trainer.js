// The workbench's trainer in Jupyter: the kernel trains, and tells by messages (eqlib.widgets.workbench).
// To its user it is what trainer.js has for a page.

const floats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

/** Opens it: asks for the notes that sounds are made of. */
export async function kernelTrainer(model) {
  const trainer = new EventTarget();
  const waiting = new Map();
  let count = 0;
  const ask = (what, rest = {}, buffers = []) =>
    new Promise((resolve, reject) => {
      const id = count++;
      waiting.set(id, { resolve, reject });
      model.send({ id, what, ...rest }, undefined, buffers);
    });
  const receive = (message, buffers) => {
    if ("event" in message) {
      const detail = { ...message.detail };
      (message.arrays ?? []).forEach((name, i) => (detail[name] = floats(buffers[i])));
      trainer.dispatchEvent(new CustomEvent(message.event, { detail }));
      return;
    }
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if ("error" in message) call?.reject(new Error(message.error));
    else call?.resolve([message, buffers]);
  };
  const begin = (what, settings) =>
    ask(what, { settings }).catch((error) => trainer.dispatchEvent(new CustomEvent("failed", { detail: { message: error.message } })));
  model.on("msg:custom", receive);
  const [about, sounds] = await ask("open");
  return Object.assign(trainer, {
    sampleRate: about.sample_rate,
    frequencies_hz: Float32Array.from(about.frequencies_hz),
    bank_hz: Float32Array.from(about.bank_hz),
    notes: about.names.map((name, i) => ({ name, split: "test", samples: floats(sounds[i]) })),
    start: (settings) => begin("start", settings),
    continue: (settings) => begin("continue", settings),
    stop: () => ask("stop"),
    process: async (signal, step) => floats((await ask("process", { step: step ?? null }, [signal.slice().buffer]))[1][0]),
    async toFile() {
      const [{ step }, [content]] = await ask("save");
      return { step, content };
    },
    fromFile: async (content) => (await ask("load", {}, [content]))[0].header,
    close: () => model.off("msg:custom", receive),
  });
}
