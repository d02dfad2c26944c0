import type { Value } from "../store/value";

const QUIET_SECONDS = 60;
const HIDDEN_SECONDS = 30;
const WARNING_SECONDS = 30;

/**
 * Pauses an avatar that is not used: after 60 s of silence, or 30 s in a hidden tab, the page asks, and
 * 30 s later it ends the session. `pauseIn` counts the seconds down.
 */
export class IdleWatch {
  private quiet = 0;

  constructor(
    isIdle: () => boolean,
    private readonly pauseIn: Value<number | null>,
    pause: () => void,
  ) {
    setInterval(() => {
      if (!isIdle()) {
        this.restart();
        return;
      }
      this.quiet += 1;
      const limit = document.hidden ? HIDDEN_SECONDS : QUIET_SECONDS;
      const left = limit + WARNING_SECONDS - this.quiet;
      this.pauseIn.set(left <= WARNING_SECONDS ? Math.max(0, left) : null);
      if (left <= 0) {
        this.restart();
        pause();
      }
    }, 1000);
  }

  restart(): void {
    this.quiet = 0;
    this.pauseIn.set(null);
  }
}
