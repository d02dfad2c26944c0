import { type Frame, loudness } from "./frames";

const AUDIBLE = 0.01;
/** Frames with sound before the first estimate, between two estimates, and in one estimate. */
const FIRST_FRAMES = 45;
const NEXT_FRAMES = 15;
const WINDOW_FRAMES = 300;
const PERCENTILE = 0.9;
const MARGIN = 2;
const SPEECH = 0.5;
/** Coupling before it is learnt: as loud as without echo cancellation at a usual distance. */
const CAUTIOUS = 0.5;

/**
 * Tells the person's voice from the page's own sound in the microphone.
 *
 * A voice activity detector hears the avatar's voice as speech, down to an echo of -40 dB. The gate
 * learns the coupling, which is the share of the page's own sound that returns through the microphone.
 * Then it lets only frames pass that are 6 dB louder than that echo can be. It learns on from the last
 * 10 s of sound, so that a changed volume, or a person who spoke while it learnt, do not last. The first
 * frames of an interruption are learnt as well: a tenth of the frames may be louder than the coupling.
 */
export class EchoGate {
  private readonly ratios: number[] = [];
  private coupling = CAUTIOUS;
  private fresh = 0;

  /** Return whether the frame is the person's speech. `learns`: false after an interruption. */
  passes(frame: Frame, learns = true): boolean {
    const level = loudness(frame.samples);
    if (learns && frame.reference > AUDIBLE) this.learn(level / frame.reference);
    if (frame.speech <= SPEECH) return false;
    return frame.reference <= AUDIBLE / 4 || level > MARGIN * this.coupling * frame.reference;
  }

  /** The learnt coupling, or null while the gate still learns. */
  get learnt(): number | null {
    return this.ratios.length >= FIRST_FRAMES ? this.coupling : null;
  }

  private learn(ratio: number): void {
    this.ratios.push(ratio);
    if (this.ratios.length > WINDOW_FRAMES) this.ratios.shift();
    this.fresh += 1;
    if (this.ratios.length < FIRST_FRAMES || this.fresh < NEXT_FRAMES) return;
    this.fresh = 0;
    const sorted = [...this.ratios].sort((a, b) => a - b);
    this.coupling = sorted[Math.floor(sorted.length * PERCENTILE)] ?? CAUTIOUS;
  }
}
