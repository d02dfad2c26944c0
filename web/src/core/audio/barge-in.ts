import { FRAME_SECONDS } from "./frames";

export type BargeIn = "duck" | "confirm" | "restore";

const ONSET_FRAMES = 2;
const ONSET_WINDOW = 3;
const CONFIRM_FRAMES = 7;
const CONFIRM_WINDOW = 10;
const COUGH_FRAMES = Math.round(0.5 / FRAME_SECONDS);

/**
 * The two stages of an interruption by voice.
 *
 * `duck` comes with the first two frames of speech: the avatar gets quieter, which costs nothing.
 * `confirm` comes with 7 frames of 10 (0.22 s of 0.32 s): the avatar is interrupted. `restore` comes
 * 0.5 s after the last speech if nothing was confirmed: a cough.
 */
export class BargeInDetector {
  private recent: boolean[] = [];
  private isDucked = false;
  private isConfirmed = false;
  private quiet = 0;

  /** Take the next frame: whether it is the person's speech. */
  next(isSpeech: boolean): BargeIn | null {
    this.recent = [...this.recent, isSpeech].slice(-CONFIRM_WINDOW);
    this.quiet = isSpeech ? 0 : this.quiet + 1;
    if (this.isConfirmed) return this.afterConfirmation();
    if (this.isDucked && count(this.recent) >= CONFIRM_FRAMES) {
      this.isConfirmed = true;
      return "confirm";
    }
    if (!this.isDucked && count(this.recent.slice(-ONSET_WINDOW)) >= ONSET_FRAMES) {
      this.isDucked = true;
      return "duck";
    }
    if (this.isDucked && this.quiet >= COUGH_FRAMES) {
      this.reset();
      return "restore";
    }
    return null;
  }

  /** The avatar is ducked, and not interrupted. */
  get isUndecided(): boolean {
    return this.isDucked && !this.isConfirmed;
  }

  reset(): void {
    this.recent = [];
    this.isDucked = false;
    this.isConfirmed = false;
  }

  private afterConfirmation(): null {
    if (this.quiet >= COUGH_FRAMES) this.reset();
    return null;
  }
}

function count(flags: boolean[]): number {
  return flags.filter(Boolean).length;
}
