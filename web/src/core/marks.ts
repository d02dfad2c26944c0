/** Times that the page measures of itself. They hold no words. */
export type Mark =
  | "last_word_to_first_text"
  | "last_word_to_first_sound"
  | "key_to_first_text"
  | "interruption_to_silence"
  | "start_to_first_frame";

/** Stopwatches by name. `take` returns what was measured since the last report, in seconds. */
export class Marks {
  readonly measured: Partial<Record<Mark, number>> = {};
  private readonly begun = new Map<Mark, number>();
  private fresh: Partial<Record<Mark, number>> = {};

  constructor(private readonly now: () => number = () => performance.now()) {}

  begin(mark: Mark, at: number = this.now()): void {
    this.begun.set(mark, at);
  }

  end(mark: Mark): void {
    const at = this.begun.get(mark);
    if (at === undefined) return;
    this.begun.delete(mark);
    const seconds = Math.round(this.now() - at) / 1000;
    this.measured[mark] = seconds;
    this.fresh[mark] = seconds;
  }

  take(): Record<string, number> {
    const taken = { ...this.fresh };
    this.fresh = {};
    return taken;
  }
}
