import type { ChatRequest } from "../api/types";

/** A message on its way: sent, and not yet answered. */
export interface Letter {
  key: string;
  request: ChatRequest;
  question: string | null;
  /** The conversation that it belongs to, as far as it is known. */
  conversationId: string | null;
  /** The stored message of the person, once the server has admitted the turn. */
  questionId: string | null;
  /** The request went out as it stands here: it is sent again without a change. */
  isSent: boolean;
  /** Milliseconds since 1970. */
  at: number;
}

const KEY = "oprina.outbox";
/** A message that is older is not sent by itself any more. */
const LIFE_MS = 10 * 60_000;

/**
 * Keeps the message that is on its way, over a reload of this tab.
 *
 * It is sent again under its key, so it arrives once: the server answers a known key with the same turn.
 */
export class Outbox {
  constructor(
    private readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">,
    private readonly now: () => number = Date.now,
  ) {}

  put(letter: Omit<Letter, "at">): void {
    try {
      this.storage.setItem(KEY, JSON.stringify({ ...letter, at: this.now() }));
    } catch {
      // The storage is full: the message is not kept over a reload.
    }
  }

  change(key: string, change: Partial<Letter>): void {
    const letter = this.read();
    if (letter?.key === key) this.put({ ...letter, ...change });
  }

  /** Return the message that belongs to a conversation, or to a new one. */
  find(conversationId: string | null): Letter | null {
    const letter = this.read();
    if (letter?.conversationId !== conversationId) return null;
    return this.now() - letter.at < LIFE_MS ? letter : null;
  }

  /** Return whether the message of this key went out: it must not change any more. */
  wasSent(key: string): boolean {
    const letter = this.read();
    return letter?.key === key && letter.isSent;
  }

  clear(key?: string): void {
    if (key === undefined || this.read()?.key === key) this.storage.removeItem(KEY);
  }

  private read(): Letter | null {
    try {
      return JSON.parse(this.storage.getItem(KEY) ?? "null") as Letter | null;
    } catch {
      return null;
    }
  }
}
