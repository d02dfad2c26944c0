import { Value } from "../store/value";
import { Output } from "./output";

/** The output of the page, made at the first press of the person: browsers allow sound from then on. */
export class Sound {
  readonly isBlocked = new Value(false);
  private made: Output | null = null;

  constructor(private readonly speed: () => number) {}

  get output(): Output {
    if (!this.made) {
      this.made = new Output(this.speed);
      const { isBlocked } = this.made;
      isBlocked.watch(() => this.isBlocked.set(isBlocked.get()));
    }
    return this.made;
  }

  get isMade(): boolean {
    return this.made !== null;
  }

  /** Seconds of queued speech that are left. */
  get left(): number {
    return this.made?.left ?? 0;
  }

  /** Make the output sound. Called by a press of the person. */
  open(): void {
    void this.output.open();
    this.output.restore();
  }

  restore(): void {
    this.made?.restore();
  }

  unmute(): void {
    this.made?.unmute();
  }

  silence(): void {
    this.made?.silence();
  }

  /** Let the avatar's sound go. */
  detach(): void {
    this.made?.detach();
  }
}
