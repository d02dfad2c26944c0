/** Answers carry whole seconds and have travelled: less than this is no difference. */
const NEGLIGIBLE_MS = 5_000;

/** The server's time by the clock of this machine, which may be wrong by hours. */
export class ServerClock {
  private ahead = 0;

  constructor(private readonly now: () => number = Date.now) {}

  /** Compare the clocks by the time of an answer. */
  observe(answer: Pick<Response, "headers">): void {
    const ahead = this.now() - Date.parse(answer.headers.get("date") ?? "");
    if (Number.isFinite(ahead)) this.ahead = Math.abs(ahead) < NEGLIGIBLE_MS ? 0 : ahead;
  }

  /** Return a time of the server (ISO 8601) as this machine's clock will show it, in ms since 1970. */
  local(iso: string): number {
    return Date.parse(iso) + this.ahead;
  }
}
