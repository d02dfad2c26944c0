import { Value } from "../store/value";
import { loudness } from "./frames";
import { fromPcm16 } from "./wav";

const SPEECH_RATE = 24_000;
const DUCKED = 0.15;
/** Long enough that no click is heard, and short beside the 64 ms that the detector needs. */
const RAMP_SECONDS = 0.008;
const REFERENCE_SECONDS = 0.4;
const WINDOW_SAMPLES = 1_536;
const TICK_MS = 32;

/** One piece of speech that will be heard. Times are seconds of `Output.now`. */
export interface Scheduled {
  text: string;
  from: number;
  seconds: number;
}

/**
 * Everything that the page sounds, through one gain.
 *
 * The avatar's sound comes from its room. Speech without an avatar comes in pieces. `reference` is the
 * loudness of the last 0.4 s, for the echo gate. Made once, within a press of the person.
 */
export class Output {
  /** The browser has refused to sound: the person must press. */
  readonly isBlocked = new Value(false);
  private readonly context = new AudioContext({ latencyHint: "interactive" });
  private readonly volume = new GainNode(this.context);
  private readonly analyser = new AnalyserNode(this.context, { fftSize: 2_048 });
  private readonly past: { at: number; level: number }[] = [];
  private readonly pieces = new Set<AudioBufferSourceNode>();
  private avatar: MediaStreamAudioSourceNode | null = null;
  private readonly pull = new Audio();
  private end = 0;
  private target = 1;

  constructor(readonly rate: () => number) {
    this.volume.connect(this.analyser);
    this.volume.connect(this.context.destination);
    setInterval(() => this.measure(), TICK_MS);
  }

  get now(): number {
    return this.context.currentTime;
  }

  get reference(): number {
    return Math.max(0, ...this.past.map((each) => each.level));
  }

  /** The loudness at this moment, 0 to 1, for a mouth that moves with the sound. */
  get level(): number {
    return this.past.at(-1)?.level ?? 0;
  }

  /** Sound through the speakers. A browser may refuse until the person presses something. */
  async open(): Promise<void> {
    if (this.context.state !== "running") {
      const refused = new Promise((resolve) => setTimeout(resolve, 400));
      await Promise.race([this.context.resume().catch(() => undefined), refused]);
    }
    this.isBlocked.set((this.context.state as string) !== "running");
  }

  attach(stream: MediaStream): void {
    this.avatar?.disconnect();
    // Chromium gives the sound of a peer connection to Web Audio only while an element plays it.
    this.pull.muted = true;
    this.pull.srcObject = stream;
    void this.pull.play().catch(() => undefined);
    this.avatar = this.context.createMediaStreamSource(stream);
    this.avatar.connect(this.volume);
    void this.open();
  }

  detach(): void {
    this.avatar?.disconnect();
    this.avatar = null;
    this.pull.srcObject = null;
  }

  /** Queue a piece of speech behind the others, and return its place in time. */
  play(base64: string, text: string): Scheduled {
    const samples = fromPcm16(base64);
    const buffer = this.context.createBuffer(1, Math.max(1, samples.length), SPEECH_RATE);
    buffer.copyToChannel(samples, 0);
    const piece = new AudioBufferSourceNode(this.context, { buffer });
    piece.playbackRate.value = this.rate();
    piece.connect(this.volume);
    const from = Math.max(this.end, this.now + 0.03);
    const seconds = buffer.duration / piece.playbackRate.value;
    piece.start(from);
    this.end = from + seconds;
    this.pieces.add(piece);
    piece.addEventListener("ended", () => this.pieces.delete(piece));
    return { text, from, seconds };
  }

  /** Let what is queued next begin in so many seconds at the earliest. */
  wait(seconds: number): void {
    this.end = Math.max(this.end, this.now + seconds);
  }

  /** Seconds of queued speech that are left. */
  get left(): number {
    return Math.max(0, this.end - this.now);
  }

  duck(): void {
    this.ramp(DUCKED);
  }

  unduck(): void {
    if (this.target === DUCKED) this.restore();
  }

  restore(): void {
    this.ramp(1);
  }

  /** End a silence. The page stays ducked while the person may be about to interrupt. */
  unmute(): void {
    if (this.target === 0) this.restore();
  }

  /** Silence at once: what is queued is dropped, what the avatar still says is not heard. */
  silence(): void {
    this.ramp(0);
    for (const piece of this.pieces) piece.stop();
    this.pieces.clear();
    this.end = 0;
  }

  private ramp(volume: number): void {
    this.target = volume;
    this.volume.gain.cancelScheduledValues(this.now);
    this.volume.gain.setTargetAtTime(volume, this.now, RAMP_SECONDS / 3);
  }

  private measure(): void {
    const samples = new Float32Array(this.analyser.fftSize);
    this.analyser.getFloatTimeDomainData(samples);
    const at = this.now;
    this.past.push({ at, level: loudness(samples.subarray(samples.length - WINDOW_SAMPLES)) });
    while (this.past[0] && this.past[0].at < at - REFERENCE_SECONDS) this.past.shift();
  }
}
