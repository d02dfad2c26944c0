import { type Frame, loudness } from "./frames";

const AUDIBLE = 0.01;
const LEARN_FRAMES = 45;
const PERCENTILE = 0.95;
const MARGIN = 2;
const SPEECH = 0.5;
/** Coupling before it is learnt: as loud as without echo cancellation at a usual distance. */
const CAUTIOUS = 0.5;

/**
 * Tells the person's voice from the page's own sound in the microphone.
 *
 * A voice activity detector hears the avatar's voice as speech, down to an echo of -40 dB. The gate
 * learns the coupling, which is the share of the page's own sound that returns through the microphone.
 * Then it lets only frames pass that are 6 dB louder than that echo can be.
 */
export class EchoGate {
  private readonly ratios: number[] = [];
  private coupling = CAUTIOUS;

  /** Return whether the frame is the person's speech. */
  passes(frame: Frame): boolean {
    const level = loudness(frame.samples);
    if (frame.reference > AUDIBLE) this.learn(level / frame.reference);
    if (frame.speech <= SPEECH) return false;
    return frame.reference <= AUDIBLE / 4 || level > MARGIN * this.coupling * frame.reference;
  }

  /** The learnt coupling, or null while the gate still learns. */
  get learnt(): number | null {
    return this.ratios.length >= LEARN_FRAMES ? this.coupling : null;
  }

  private learn(ratio: number): void {
    if (this.ratios.length >= LEARN_FRAMES) return;
    this.ratios.push(ratio);
    if (this.ratios.length < LEARN_FRAMES) return;
    const sorted = [...this.ratios].sort((a, b) => a - b);
    this.coupling = sorted[Math.floor(sorted.length * PERCENTILE)] ?? CAUTIOUS;
  }
}
