import type { MicVAD } from "@ricky0123/vad-web";
import { part } from "../version";
import type { Frame } from "./frames";

export type MicrophoneFault = "none" | "denied" | "in_use" | "failed";

export class MicrophoneError extends Error {
  constructor(readonly fault: MicrophoneFault) {
    super(fault);
  }
}

/** The folder of the detector, with a hash of its files in its name (vite.config.ts). */
declare const DETECTOR_FOLDER: string;

export interface Microphone {
  close(): Promise<void>;
}

/**
 * Open the microphone, and call `onFrame` with each frame of 32 ms.
 *
 * The detector (Silero) and its WebAssembly are loaded from the page's own origin, at the first use.
 * Raises `MicrophoneError`.
 */
export async function openMicrophone(
  device: string,
  reference: () => number,
  onFrame: (frame: Frame) => void,
): Promise<Microphone> {
  const library = part(() => import("@ricky0123/vad-web"));
  const [stream] = await Promise.all([openStream(device), library.catch(() => undefined)]);
  const detector = await makeDetector(library, stream, reference, onFrame).catch(
    (error: unknown) => {
      for (const track of stream.getTracks()) track.stop();
      throw error;
    },
  );
  return {
    close: async () => {
      for (const track of stream.getTracks()) track.stop();
      await detector.destroy();
    },
  };
}

async function makeDetector(
  library: Promise<typeof import("@ricky0123/vad-web")>,
  stream: MediaStream,
  reference: () => number,
  onFrame: (frame: Frame) => void,
): Promise<MicVAD> {
  const { MicVAD } = await library;
  const detector = await MicVAD.new({
    model: "v5",
    baseAssetPath: DETECTOR_FOLDER,
    onnxWASMBasePath: DETECTOR_FOLDER,
    startOnLoad: false,
    getStream: async () => stream,
    resumeStream: async () => stream,
    pauseStream: async () => undefined,
    ortConfig: (ort) => {
      ort.env.wasm.numThreads = 1;
      ort.env.wasm.proxy = true; // in a worker: to make the detector takes 0.3 s, and 5 ms a frame
      ort.env.logLevel = "error";
    },
    onFrameProcessed: ({ isSpeech }, samples) =>
      onFrame({ samples: samples.slice(), speech: isSpeech, reference: reference() }),
  });
  await detector.start();
  return detector;
}

async function openStream(device: string): Promise<MediaStream> {
  if (!navigator.mediaDevices) throw new MicrophoneError("none");
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: {
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
        channelCount: 1,
        ...(device ? { deviceId: { ideal: device } } : {}),
      },
    });
  } catch (error) {
    throw new MicrophoneError(faultOf(error));
  }
}

/** Return why a browser refused the microphone. */
export function faultOf(error: unknown): MicrophoneFault {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "none";
  return name === "NotReadableError" || name === "AbortError" ? "in_use" : "failed";
}
