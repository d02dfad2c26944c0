import { BargeInDetector } from "./barge-in";
import { EchoGate } from "./echo-gate";
import { Endpoint, type Heard } from "./endpoint";
import { type Frame, loudness } from "./frames";

export interface ListenerSink {
  /** The page sounds at this moment, so speech is an interruption. */
  isSounding(): boolean;
  /** Seconds of silence that end the words so far. */
  silence(): number;
  duck(): void;
  /** Take a duck back. Does nothing after an interruption. */
  restore(): void;
  interrupt(): void;
  heard(heard: Heard): void;
  level(level: number): void;
}

/**
 * From frames of the microphone to duck, interrupt, and pieces of speech.
 *
 * Without hands (`handsfree`) a piece begins and ends by itself. Otherwise everything between `press` and
 * `release` is one piece.
 */
export class Listener {
  readonly gate = new EchoGate();
  private readonly bargeIn = new BargeInDetector();
  private readonly endpoint = new Endpoint();
  private isPressed = false;
  private wasSounding = false;
  private isConfirmed = false;

  constructor(
    private readonly sink: ListenerSink,
    private readonly isHandsFree: () => boolean,
  ) {}

  frame(frame: Frame): void {
    // The person speaks: the microphone says nothing of the echo, which just fell silent.
    const isSpeech = this.gate.passes(frame, !this.isConfirmed);
    this.sink.level(isSpeech ? loudness(frame.samples) : 0);
    if (!this.isHandsFree()) {
      // With the key down everything counts as speech: the person says when it ends.
      if (this.isPressed) this.tell(this.endpoint.next(frame.samples, true, Infinity));
      return;
    }
    const isSounding = this.sink.isSounding();
    if (isSounding) this.watch(isSpeech);
    else if (this.wasSounding) {
      if (this.bargeIn.isUndecided) this.sink.restore();
      this.bargeIn.reset();
    }
    this.wasSounding = isSounding;
    this.tell(this.endpoint.next(frame.samples, isSpeech, this.sink.silence()));
  }

  press(): void {
    this.endpoint.reset();
    this.isPressed = true;
    if (this.sink.isSounding()) this.sink.interrupt();
  }

  release(): void {
    if (!this.isPressed) return;
    this.isPressed = false;
    this.tell(this.endpoint.end());
  }

  /** Send what was heard so far, without waiting for silence. */
  sendNow(): void {
    this.tell(this.endpoint.end());
  }

  discard(): void {
    this.isPressed = false;
    this.endpoint.reset();
    this.bargeIn.reset();
  }

  private watch(isSpeech: boolean): void {
    const step = this.bargeIn.next(isSpeech);
    if (step === "duck") this.sink.duck();
    if (step === "restore") this.sink.restore();
    if (step === "confirm") {
      this.isConfirmed = true;
      this.sink.interrupt();
    }
  }

  private tell(heard: Heard[]): void {
    for (const each of heard) {
      // A cough or "mm-hm" that did not interrupt is no message.
      const isAside = this.sink.isSounding() && !this.isConfirmed && !this.isPressed;
      if (isAside && this.isHandsFree()) {
        if (each.type === "end") this.sink.heard({ type: "dropped" });
        continue;
      }
      if (each.type === "end" || each.type === "dropped") this.isConfirmed = false;
      this.sink.heard(each);
    }
  }
}
