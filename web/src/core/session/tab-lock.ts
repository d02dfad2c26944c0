const LOCK = "oprina-avatar";

/**
 * The right of one tab to show the avatar, among all tabs of this browser.
 *
 * `acquire` returns false if another tab holds it. `takeOver` asks that tab to let go, and waits.
 */
export class TabLock {
  private release: (() => void) | null = null;
  private readonly channel = new BroadcastChannel(LOCK);

  /**
   * `letGo` runs when another tab takes over, with the conversation that the other tab shows. The
   * right is given back when it returns.
   */
  constructor(letGo: (conversation: string | null) => Promise<void>) {
    this.channel.addEventListener(
      "message",
      (message: MessageEvent<{ conversation: string | null }>) => {
        if (!this.release) return;
        void letGo(message.data.conversation).finally(() => this.free());
      },
    );
  }

  acquire(): Promise<boolean> {
    return this.request({ ifAvailable: true });
  }

  async takeOver(conversation: string | null): Promise<boolean> {
    this.channel.postMessage({ conversation });
    return this.request({ signal: AbortSignal.timeout(4_000) });
  }

  free(): void {
    this.release?.();
    this.release = null;
  }

  private request(options: LockOptions): Promise<boolean> {
    if (this.release) return Promise.resolve(true);
    return new Promise((resolve) => {
      navigator.locks
        .request(LOCK, options, (lock) => {
          resolve(lock !== null);
          if (!lock) return undefined;
          return new Promise<void>((release) => {
            this.release = release;
          });
        })
        .catch(() => resolve(false));
    });
  }
}
