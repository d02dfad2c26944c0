import { Value } from "./store/value";

const RELOADED = "oprina.reloaded";
const RELOAD_MS = 60_000;
const LOOK_MS = 5 * 60_000;

/**
 * Finds out whether a deployment has replaced this page: another build is served, or other addresses.
 *
 * It looks when the page is seen again or the network comes back, at most once in 5 minutes.
 */
export class Version {
  readonly isOld = new Value(false);
  private lookedAt: number;

  /**
   * `script`: path of the page's own script, which the index of this build names. `config`: text of
   * `/config.json` as the page has it.
   */
  constructor(
    private readonly script: string,
    private readonly config: string,
    private readonly load: (path: string) => Promise<string>,
    private readonly now: () => number = Date.now,
  ) {
    this.lookedAt = now();
  }

  async look(): Promise<void> {
    if (this.isOld.get() || this.now() - this.lookedAt < LOOK_MS) return;
    this.lookedAt = this.now();
    try {
      const [index, config] = await Promise.all([this.load("/"), this.load("/config.json")]);
      this.isOld.set(!index.includes(this.script) || config !== this.config);
    } catch {
      // No network: the next look finds out.
    }
  }
}

/** Load a text from the server, past every cache. */
export async function fresh(path: string): Promise<string> {
  const headers = { accept: "text/html, application/json" };
  const answer = await fetch(path, { cache: "no-cache", headers });
  if (!answer.ok) throw new TypeError(`${path}: ${answer.status}`);
  return answer.text();
}

/**
 * Import a part of the page that is loaded at its first use.
 *
 * After a deployment the files of an open page are gone. The page is then loaded again, at most once a
 * minute: conversation, running turn, avatar and the words in the field are taken up again.
 */
export async function part<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const before = Number(sessionStorage.getItem(RELOADED));
    if (!navigator.onLine || Date.now() - before < RELOAD_MS) throw error;
    sessionStorage.setItem(RELOADED, String(Date.now()));
    location.reload();
    return new Promise<never>(() => undefined);
  }
}
