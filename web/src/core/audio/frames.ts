/** The microphone's sound is handled in frames of 512 samples at 16 kHz: 32 ms. */
export const RATE = 16_000;
export const FRAME_SAMPLES = 512;
export const FRAME_SECONDS = FRAME_SAMPLES / RATE;

/** One frame, as the detectors need it. */
export interface Frame {
  samples: Float32Array;
  /** Probability that the frame is speech, by the voice activity detector. */
  speech: number;
  /** The loudest of the page's own sound in the last 0.4 s, as root mean square. */
  reference: number;
}

export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / Math.max(1, samples.length));
}
