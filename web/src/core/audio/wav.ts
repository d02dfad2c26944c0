import { RATE } from "./frames";

/** Return samples from -1 to 1 as a WAV file: 16 kHz, mono, PCM16. */
export function toWav(samples: Float32Array): Blob {
  const header = new DataView(new ArrayBuffer(44));
  const text = (at: number, value: string): void => {
    for (const [index, char] of [...value].entries())
      header.setUint8(at + index, char.charCodeAt(0));
  };
  const bytes = samples.length * 2;
  text(0, "RIFF");
  header.setUint32(4, 36 + bytes, true);
  text(8, "WAVEfmt ");
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true);
  header.setUint16(22, 1, true);
  header.setUint32(24, RATE, true);
  header.setUint32(28, RATE * 2, true);
  header.setUint16(32, 2, true);
  header.setUint16(34, 16, true);
  text(36, "data");
  header.setUint32(40, bytes, true);
  const data = new DataView(new ArrayBuffer(bytes));
  samples.forEach((sample, index) => {
    data.setInt16(index * 2, Math.max(-1, Math.min(1, sample)) * 32_767, true);
  });
  return new Blob([header, data], { type: "audio/wav" });
}

/** Return base64 of PCM16 as samples from -1 to 1. */
export function fromPcm16(base64: string): Float32Array<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const samples = new Float32Array(Math.floor(bytes.length / 2));
  for (let at = 0; at < samples.length; at++) samples[at] = view.getInt16(at * 2, true) / 32_768;
  return samples;
}
