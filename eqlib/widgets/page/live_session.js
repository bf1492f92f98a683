// Live sound through a network: a microphone or a sound that plays, the sound's own thread
// (live_worklet.js), and the worker that runs the network (live_worker.js).
import { Unfit } from "./audio_file.js";
import { holds, output as ears, take } from "./bus.js";
import { aheadOf } from "./resampler.js";
import { addressesOf } from "./runtime.js";
import { applyEq } from "./target.js";
import { openWorker } from "./worker.js";

export const CHOICES = ["dry", "network", "exact"];
const QUANTUM = 128; // of the browser's audio engine
const SPARE_S = 0.016; // besides twice a frame's time: threads do not wake up to the millisecond
const LONGEST_S = 0.7; // of a delay that is still called live
const OUT_MS = 60; // of a sound that ends: it is faded out
const RINGING = 4096; // samples of an impulse response

const REFUSALS = {
  NotAllowedError: "The microphone was refused. Allow it where the browser shows this page's address, and press the button again; or take the recording above.",
  NotFoundError: "There is no microphone here. Plug one in and press the button again; or take the recording above.",
  NotReadableError: "The microphone cannot be read: another program may hold it. Close that, and press the button again.",
  OverconstrainedError: "This input is gone. Choose another one.",
};

/** By how much all three sounds are turned down, so that the exact filter's peaks stay below those of its input. */
export function headroom(effect) {
  if (!effect) return 1;
  const response = applyEq(effect, Float32Array.from({ length: RINGING }, (_, n) => Number(n === 0)));
  return 1 / Math.max(1, response.reduce((sum, h) => sum + Math.abs(h), 0));
}

/** The microphone as it is: nothing that makes speech clearer may touch what the network hears. */
async function microphone(deviceId) {
  if (!navigator.mediaDevices?.getUserMedia) throw new Unfit("This browser gives no page a microphone. Take the recording above instead.");
  const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: deviceId ? { ...raw, deviceId: { exact: deviceId } } : raw });
  } catch (error) {
    throw new Unfit(REFUSALS[error.name] ?? `The microphone cannot be used (${error.message}).`);
  }
}

/** One live sound at a time. */
export class LiveSession {
  /**
   * @param {{report: (report: object) => void, ended: (words: ?string) => void}} told `report` a few times
   *   a second; `ended` whenever the sound ends, with the reason if nobody asked for it
   */
  constructor(told) {
    Object.assign(this, { told, worker: null, waiting: new Map(), count: 0, running: null });
    this.giveWay = () => this.end();
  }

  call(call, given = {}, transfer = []) {
    if (!this.worker) {
      this.worker = openWorker(new URL("./live_worker.js", import.meta.url));
      this.worker.onmessage = ({ data: { id, result, error, broken } }) => {
        if (broken) return this.end(`The network broke off (${broken}).`);
        const { resolve, reject } = this.waiting.get(id);
        this.waiting.delete(id);
        if (error === undefined) resolve(result);
        else reject(new Error(error));
      };
      this.worker.onerror = () => {
        this.waiting.forEach(({ reject }) => reject(new Error("the worker that runs the network could not start")));
        this.waiting.clear();
        this.worker?.terminate();
        this.worker = null;
        this.end("The worker that runs the network broke off.");
      };
    }
    return new Promise((resolve, reject) => {
      this.waiting.set(++this.count, { resolve, reject });
      this.worker.postMessage({ id: this.count, call, given }, transfer);
    });
  }

  /**
   * Begins.
   * @param {{device: ?string}|{samples: Float32Array, rate: number}} source an input of the computer by its id
   *   (null: the usual one), or a sound that is repeated
   * @param {object} network {graph, weights, frame, hop, sample_rate, effect}: the address of an ONNX file, the
   *   weights that go into it if it has none, and the exact filter as EQ.to_dict writes it
   * @param {"dry"|"network"|"exact"} choice what is heard
   */
  async start(source, network, choice) {
    if (!globalThis.isSecureContext) throw new Unfit("This page came over http, and browsers give live sound to safe pages only. Open its address with https, or on this computer itself (localhost).");
    if (!globalThis.AudioWorkletNode) throw new Unfit("This browser has no AudioWorklet, which live sound needs. All browsers since 2021 have it.");
    take(this.giveWay);
    const context = new AudioContext({ latencyHint: "interactive" });
    const run = { context, node: null, stream: null, effect: network.effect };
    this.running = run;
    try {
      const mine = (value) => {
        if (this.running !== run) throw new Unfit("Stopped.");
        return value;
      };
      const here = (path) => new URL(path, import.meta.url).href;
      if ("device" in source) run.stream = await microphone(source.device);
      mine();
      const [frameS] = await Promise.all([this.call("open", { addresses: addressesOf(here("./")), ...network }), context.audioWorklet.addModule(here("./live_worklet.js"))]);
      const input = mine(await this.input(source, run));
      await context.resume();
      mine();
      if (!holds(this.giveWay)) throw new Unfit("Stopped.");
      this.connect(run, input, network, frameS, choice);
    } catch (error) {
      if (this.running === run) this.running = null;
      this.release(run);
      throw error;
    }
  }

  async input({ samples, rate }, { context, stream }) {
    if (stream) {
      stream.getAudioTracks()[0].addEventListener("ended", () => this.end("The input was unplugged, or taken away from the page."));
      return new MediaStreamAudioSourceNode(context, { mediaStream: stream });
    }
    const { sampleRate } = context;
    const converted = await this.call("resample", { samples, from: rate, to: sampleRate });
    const buffer = new AudioBuffer({ length: converted.length, numberOfChannels: 1, sampleRate });
    buffer.copyToChannel(converted, 0);
    return new AudioBufferSourceNode(context, { buffer, loop: true });
  }

  connect(run, input, network, frameS, choice) {
    const { context, stream } = run;
    const rate = context.sampleRate;
    const inside = network.sample_rate;
    const [down, up] = [aheadOf(rate, inside), aheadOf(inside, rate)];
    const quanta = (seconds) => QUANTUM * Math.ceil((seconds * rate) / QUANTUM);
    const margin = quanta(2 * frameS + SPARE_S + (context.baseLatency || 0));
    // A frame's first sample waits for its last one; besides, two pieces of two quanta are on their way.
    const delay = quanta((network.frame + up + 1) / inside + (down + 1) / rate) + 4 * QUANTUM + margin;
    const heard = stream?.getAudioTracks()[0].getSettings().latency ?? 0;
    run.parts = { frame: network.frame / inside, resampling: down / rate + up / inside, heard };
    run.gain = headroom(network.effect);
    run.node = new AudioWorkletNode(context, "eq-live", {
      outputChannelCount: [1],
      channelCount: 1,
      channelCountMode: "explicit",
      processorOptions: { delay, margin, gain: run.gain, choice: CHOICES.indexOf(choice) },
    });
    run.node.onprocessorerror = () => this.end("The sound's own thread broke off.");
    run.node.port.onmessage = ({ data }) => this.report(run, data);
    const { port1, port2 } = new MessageChannel();
    this.call("start", { port: port2, rate }, [port2]);
    run.node.port.postMessage({ port: port1 }, [port1]);
    run.node.connect(ears(context));
    input.connect(run.node);
    input.start?.();
  }

  report(run, data) {
    if (run !== this.running) return;
    const { context, parts } = run;
    const delay = data.delay / context.sampleRate;
    if (delay > LONGEST_S) return this.end("This computer is too slow, or too busy, to run this network live. Try one with fewer filters.");
    const device = (context.baseLatency || 0) + (context.outputLatency || 0) + parts.heard;
    const rest = delay - parts.frame - parts.resampling;
    run.latest = { ...data, gain: run.gain, seconds: delay + device, parts: { ...parts, rest, device } };
    this.told.report(run.latest);
  }

  choose(choice) {
    this.running?.node?.port.postMessage({ choice: CHOICES.indexOf(choice) });
  }

  /** Another network, of the same frames, or another exact filter, while it sounds. */
  async change(network) {
    const run = this.running;
    if (!run?.node) return;
    await this.call("change", network);
    run.gain = headroom(network.effect);
    run.node.port.postMessage({ gain: run.gain });
  }

  /** Ends the sound, if there is one. */
  end(words = null) {
    const run = this.running;
    if (!run) return;
    this.running = null;
    run.node?.port.postMessage({ choice: -1 });
    if (run.node && this.worker) this.call("stop");
    this.release(run);
    this.told.ended(words);
  }

  release({ context, node, stream }) {
    stream?.getTracks().forEach((track) => track.stop()); // the browser's sign of a microphone goes out
    setTimeout(() => {
      node?.port.postMessage({ stop: true });
      if (context.state !== "closed") context.close();
    }, OUT_MS);
  }

  close() {
    this.end();
    this.worker?.terminate();
    this.worker = null;
  }
}
