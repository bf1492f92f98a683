// Networks as files: eqlib's checkpoints (eqlib/checkpoints.py), read and written in the page.
// Format: eight bytes that say how long the JSON after them is; the JSON; then the tensors.

const DTYPES = { F32: "torch.float32", F64: "torch.float64", F16: "torch.float16", BF16: "torch.bfloat16" };
const BYTES = { F32: 4, F64: 8, F16: 2, BF16: 2 };
const DAMAGED = "This file is damaged, or is no safetensors file";

/**
 * A file's network.
 * @param {ArrayBuffer} content
 * @returns {Promise<{header: object, weights: Object<string, {shape: number[], data: Float32Array}>}>}
 * @throws {Error} for the reader: damaged, no network of eqlib, the state of a training run
 */
export async function read(content) {
  let [text, tensors, start] = [null, null, 0];
  try {
    start = 8 + Number(new DataView(content).getBigUint64(0, true));
    const { __metadata__: metadata, ...entries } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content.slice(8, start)));
    [text, tensors] = [metadata?.eqlib, entries];
  } catch {
    throw new Error(`${DAMAGED}.`);
  }
  if (text === undefined) throw new Error("This file holds no network of eqlib.");
  const { sha256, ...header } = parse(text);
  const parts = {};
  for (const name of Object.keys(tensors).sort()) {
    const { dtype, shape, data_offsets: [from, to] } = tensors[name];
    const bytes = new Uint8Array(content.slice(start + from, start + to));
    if (!(dtype in DTYPES) || bytes.length !== BYTES[dtype] * countOf(shape)) throw new Error(`${DAMAGED}: ${name} is incomplete.`);
    parts[name] = { dtype, shape, bytes };
  }
  if (sha256 !== (await fingerprint(parts, header))) throw new Error(`${DAMAGED}: its content does not match its hash.`);
  if ("settings" in header) throw new Error("This file is the state of a training run. Take the one beside it whose name ends in -best.");
  const weights = Object.fromEntries(Object.entries(parts).map(([name, { dtype, shape, bytes }]) => [name, { shape, data: numbers(dtype, bytes) }]));
  return { header: plain(header), weights };
}

/**
 * A network as a file that eqlib.load opens.
 * @param {{header: object, weights: Object<string, {shape: number[], data: Float32Array}>}} network
 * @returns {Promise<Uint8Array>}
 */
export async function write({ header, weights }) {
  const parts = {};
  for (const name of Object.keys(weights).sort()) {
    const { shape, data } = weights[name];
    if (!data.every(Number.isFinite)) throw new Error(`${name} of the network is not finite everywhere.`);
    parts[name] = { dtype: "F32", shape, bytes: new Uint8Array(data.slice().buffer) };
  }
  const text = dump({ ...header, sha256: await fingerprint(parts, header) });
  const entries = { __metadata__: { eqlib: text } };
  let end = 0;
  for (const [name, { dtype, shape, bytes }] of Object.entries(parts)) entries[name] = { dtype, shape, data_offsets: [end, (end += bytes.length)] };
  const json = new TextEncoder().encode(JSON.stringify(entries));
  const start = 8 + Math.ceil(json.length / 8) * 8; // so that the tensors are aligned
  const file = new Uint8Array(start + end).fill(0x20, 8, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - 8), true);
  file.set(json, 8);
  let at = start;
  for (const { bytes } of Object.values(parts)) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

const countOf = (shape) => shape.reduce((product, n) => product * n, 1);

/** The hash of everything, over the very text that Python's json makes of the header. */
async function fingerprint(parts, header) {
  const encoder = new TextEncoder();
  const pieces = [encoder.encode(dump(header, { sorted: true }))];
  for (const [name, { dtype, shape, bytes }] of Object.entries(parts)) {
    const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
    pieces.push(encoder.encode(`${name} ${DTYPES[dtype]} ${tuple}`), bytes);
  }
  const hash = await crypto.subtle.digest("SHA-256", await new Blob(pieces).arrayBuffer());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The numbers of a tensor, as float32. */
function numbers(dtype, bytes) {
  if (dtype === "F32") return new Float32Array(bytes.buffer);
  if (dtype === "F64") return Float32Array.from(new Float64Array(bytes.buffer));
  const halves = new Uint16Array(bytes.buffer);
  // A bfloat16 is the upper half of a float32.
  if (dtype === "BF16") return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
  return Float32Array.from(halves, (half) => {
    const [exponent, fraction] = [(half >> 10) & 31, half & 1023];
    const size = exponent === 0 ? fraction * 2 ** -24 : exponent === 31 ? (fraction ? NaN : Infinity) : (1 + fraction / 1024) * 2 ** (exponent - 15);
    return half >> 15 ? -size : size;
  });
}

/** A number as it is written in a file: Python tells 2.0 from 2, and 1e-05 from 0.00001. */
class Literal {
  constructor(text) {
    this.text = text;
  }
}

/** JSON as Python reads it, NaN among it, with every number as it is written. */
function parse(text) {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN|-?\d[\d.eE+-]*/g, (token) => (token[0] === '"' ? token : `{"\\u0000": "${token}"}`));
  return JSON.parse(marked, (_, value) => (value && typeof value === "object" && "\0" in value ? new Literal(value["\0"]) : value));
}

/** What was parsed, with numbers for the literals. */
function plain(value) {
  if (value instanceof Literal) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  return value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)])) : value;
}

/** JSON as Python writes it. */
function dump(value, { sorted = false } = {}) {
  const text = (string) => JSON.stringify(string).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const each = (item) => {
    if (item instanceof Literal) return item.text;
    if (typeof item === "number") return numeral(item);
    if (typeof item === "string") return text(item);
    if (Array.isArray(item)) return `[${item.map(each).join(", ")}]`;
    if (item === null || typeof item !== "object") return String(item);
    const keys = Object.keys(item);
    return `{${(sorted ? keys.sort() : keys).map((key) => `${text(key)}: ${each(item[key])}`).join(", ")}}`;
  };
  return each(value);
}

/** A number as Python's repr has it: the same digits, but an exponent from 1e16 and below 1e-4. */
function numeral(x) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "NaN" : x > 0 ? "Infinity" : "-Infinity";
  const [digits, exponent] = x.toExponential().split("e");
  if (x !== 0 && (exponent < -4 || exponent >= 16)) return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  return String(x);
}
