import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Silero } from "@ricky0123/vad-web/dist/models/silero.js";
import * as ort from "onnxruntime-web/wasm";
import { FRAME_SAMPLES, loudness, RATE } from "../../src/core/audio/frames";
import { Listener } from "../../src/core/audio/listener";

const DUCKED = 0.15;
const REFERENCE_FRAMES = 13;
const ECHO_DELAY = 0.08;
/** Later ways of the sound through the room: seconds and loudness, relative to the first one. */
const ROOM: readonly [number, number][] = [
  [0, 0.75],
  [0.012, 0.2],
  [0.031, 0.12],
  [0.058, 0.06],
];
const NOISE = 0.0006;

/** Read PCM16 at 16 kHz from the folder that `SPEECH` names. */
export function speech(name: string): Float32Array {
  const bytes = readFileSync(join(process.env.SPEECH ?? "", `${name}.pcm`));
  const samples = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1);
  return Float32Array.from(samples, (each) => each / 32_768);
}

/** Repeat a sound until it fills `seconds`. */
export function fill(sound: Float32Array, seconds: number): Float32Array {
  const length = Math.round(seconds * RATE);
  return Float32Array.from({ length }, (_, at) => sound[at % sound.length] ?? 0);
}

export interface Heard {
  /** `duck`, `restore`, `interrupt` and the ends of speech, with their times in seconds of the audio. */
  log: [string, number][];
  /** Loudness of the avatar in each frame, as the person hears it. */
  output: number[];
  /** Frames that the detector of voice alone takes for speech. */
  flagged: number;
}

interface Scene {
  avatar: Float32Array;
  /** Decibels by which the avatar is quieter in the microphone than in the speaker. */
  echo: number;
  /** What the person says, and when. */
  person?: { sound: Float32Array; at: number };
}

/**
 * Play a scene through the listener of the page, frame by frame: the audio is the only clock.
 *
 * The microphone hears the avatar through the room, the person, and a quiet noise. Silero judges each
 * frame. Ducking and silence act on the next frame.
 */
export async function play({ avatar, echo, person }: Scene): Promise<Heard> {
  const detector = await silero();
  const heard: Heard = { log: [], output: [], flagged: 0 };
  const sounded = new Float32Array(avatar.length);
  const levels: number[] = [];
  let volume = 1;
  let frame = 0;
  const note = (what: string): void => void heard.log.push([what, (frame * FRAME_SAMPLES) / RATE]);
  const listener = new Listener(
    {
      isSounding: () => volume > 0,
      silence: () => 0.6,
      duck: () => {
        volume = DUCKED;
        note("duck");
      },
      restore: () => {
        volume = 1;
        note("restore");
      },
      interrupt: () => {
        volume = 0;
        note("interrupt");
      },
      heard: ({ type }) => ["end", "dropped"].includes(type) && note(type),
      level: () => undefined,
    },
    () => true,
  );
  const share = 10 ** (-echo / 20);
  for (frame = 0; (frame + 1) * FRAME_SAMPLES <= avatar.length; frame++) {
    const start = frame * FRAME_SAMPLES;
    for (let at = start; at < start + FRAME_SAMPLES; at++) sounded[at] = volume * (avatar[at] ?? 0);
    levels.push(loudness(sounded.subarray(start, start + FRAME_SAMPLES)));
    heard.output.push(levels.at(-1) ?? 0);
    const samples = new Float32Array(FRAME_SAMPLES);
    for (let index = 0; index < FRAME_SAMPLES; index++) {
      const at = start + index;
      samples[index] =
        share * inRoom(sounded, at) +
        (person ? (person.sound[at - Math.round(person.at * RATE)] ?? 0) : 0) +
        NOISE * noise(at);
    }
    const { isSpeech } = await detector(samples);
    if (isSpeech > 0.5) heard.flagged += 1;
    const reference = Math.max(...levels.slice(-REFERENCE_FRAMES));
    listener.frame({ samples, speech: isSpeech, reference });
  }
  return heard;
}

function inRoom(sounded: Float32Array, at: number): number {
  let sum = 0;
  for (const [later, loud] of ROOM)
    sum += loud * (sounded[at - Math.round((ECHO_DELAY + later) * RATE)] ?? 0);
  return sum;
}

/** A noise that is the same in each run. */
function noise(at: number): number {
  const value = Math.sin(at * 12.9898) * 43_758.5453;
  return 2 * (value - Math.floor(value)) - 1;
}

const MODEL = join(
  import.meta.dirname,
  "../../node_modules/@ricky0123/vad-web/dist/silero_vad_v5.onnx",
);

async function silero(): Promise<(samples: Float32Array) => Promise<{ isSpeech: number }>> {
  ort.env.wasm.numThreads = 1;
  const bytes = readFileSync(MODEL);
  const model = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const detector = await Silero.new(ort, async () => model as ArrayBuffer);
  return (samples) => detector.process(samples);
}
