import type { Problem } from "../api/problem";
import type { ChatRequest } from "../api/types";

/** A message of the person that has no answer yet: on its way, or refused. */
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
  /** The refusal of the server, or null while the message is on its way. */
  refusal: Refusal | null;
  /** Milliseconds since 1970. */
  at: number;
}

/** The stored part of a `Problem`. */
export type Refusal = Pick<Problem, "status" | "code" | "retryAfter">;

const KEY = "oprina.outbox";
/** A message that is older is not sent by itself any more. */
const LIFE_MS = 10 * 60_000;

/**
 * Keeps the message that has no answer yet, over a reload of this tab.
 *
 * It is sent again under its key, so it arrives once: the server answers a known key with the same turn. A
 * refusal leaves no trace at the server, so the key is good for the next attempt too.
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

  /** Keep a message that the server has refused. It is not sent by itself. */
  refuse(key: string, { status, code, retryAfter }: Problem): void {
    this.change(key, { refusal: { status, code, retryAfter } });
  }

  /** Return the message that belongs to a conversation, or to a new one. */
  find(conversationId: string | null): Letter | null {
    const letter = this.read();
    return letter?.conversationId === conversationId ? letter : null;
  }

  /** Return whether a message may be sent by itself. */
  isFresh({ at, refusal }: Letter): boolean {
    return refusal === null && this.now() - at < LIFE_MS;
  }

  /** Return the message of a key. */
  get(key: string): Letter | null {
    const letter = this.read();
    return letter?.key === key ? letter : null;
  }

  clear(key?: string): void {
    if (key === undefined || this.read()?.key === key) this.storage.removeItem(KEY);
  }

  private read(): Letter | null {
    try {
      const letter = JSON.parse(this.storage.getItem(KEY) ?? "null") as Letter | null;
      return letter && { ...letter, refusal: letter.refusal ?? null };
    } catch {
      return null;
    }
  }
}
