// A reader's own file as samples: decoded, one channel, at a network's sample rate.
import { decoded } from "./decoding.js";

const LONGEST_S = 60;
const SHORTEST_S = 0.1;
const LARGEST_BYTES = 40e6; // a minute of 96 kHz, 24 bits and two channels has 35 MB
const SILENT = 1e-4; // a peak of -80 dBFS

/** An error whose message is for the reader. */
export class Unfit extends Error {}

/**
 * The samples of a file, and what was done to them.
 * @param {File} file
 * @param {number} sampleRate in Hz, that is wanted
 * @returns {Promise<{samples: Float32Array, channels: Float32Array[], seconds: number, said: string}>}
 * @throws {Unfit} for a file that is too long, too short, silent, or no audio
 */
export async function decodeFile(file, sampleRate) {
  if (file.size > LARGEST_BYTES) throw new Unfit(`This file has ${Math.round(file.size / 1e6)} MB. Cut out up to a minute of it.`);
  let channels;
  try {
    channels = await decoded(await file.arrayBuffer(), sampleRate);
  } catch {
    throw new Unfit(`“${file.name}” cannot be decoded as audio here. WAV, FLAC, MP3 and Ogg files usually can.`);
  }
  const seconds = channels[0].length / sampleRate;
  if (seconds > LONGEST_S) throw new Unfit(`“${file.name}” is ${Math.round(seconds)} s long; ${LONGEST_S} s is the limit. Cut out a part.`);
  if (seconds < SHORTEST_S) throw new Unfit(`“${file.name}” is shorter than ${SHORTEST_S} s, too short to hear anything.`);
  const samples = Float32Array.from(channels[0], (_, n) => channels.reduce((sum, channel) => sum + channel[n], 0) / channels.length);
  const broken = samples.reduce((count, x) => count + !Number.isFinite(x), 0);
  if (broken) throw new Unfit(`“${file.name}” holds samples that are no numbers (NaN or infinite; ${broken} after its conversion). Repair it in an audio editor.`);
  const peak = samples.reduce((top, x) => Math.max(top, Math.abs(x)), 0);
  if (peak < SILENT) throw new Unfit(`“${file.name}” is silent${channels.length > 1 ? ", at least when its channels are added to one" : ""}.`);
  const said = `${seconds.toFixed(1)} s${channels.length > 1 ? `, ${channels.length} channels averaged to one` : ""}, converted to ${sampleRate / 1000} kHz`;
  return { samples, channels, seconds, said };
}
