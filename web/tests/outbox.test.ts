import { beforeEach, expect, it } from "vitest";
import { Problem } from "../src/core/api/problem";
import { Outbox } from "../src/core/turn/outbox";

const LETTER = {
  key: "k",
  request: { message: "Hi" },
  question: "Hi",
  conversationId: null,
  questionId: null,
  isSent: false,
  refusal: null,
};
const kept = new Map<string, string>();
const storage = {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
  removeItem: (key: string) => void kept.delete(key),
};
let now = 0;

beforeEach(() => kept.clear());

function outbox(): Outbox {
  return new Outbox(storage, () => now);
}

it("a message on its way is found after a reload, in its conversation alone", () => {
  outbox().put(LETTER);
  expect(outbox().find("other")).toBeNull();
  expect(outbox().find(null)?.question).toBe("Hi");
  outbox().change("k", { conversationId: "c", questionId: "1-0", isSent: true });
  expect(outbox().find(null)).toBeNull();
  expect(outbox().find("c")?.questionId).toBe("1-0");
  expect(outbox().get("k")?.isSent).toBe(true);
});

it("an answered message is removed, and another one stays", () => {
  outbox().put({ ...LETTER, key: "newer" });
  outbox().clear("k");
  expect(outbox().find(null)?.key).toBe("newer");
  outbox().clear("newer");
  expect(outbox().find(null)).toBeNull();
});

function isSentByItself(): boolean {
  const letter = outbox().find(null);
  return letter !== null && outbox().isFresh(letter);
}

it("an old message is kept, and not sent by itself", () => {
  outbox().put(LETTER);
  expect(isSentByItself()).toBe(true);
  now += 11 * 60_000;
  expect(outbox().find(null)?.question).toBe("Hi");
  expect(isSentByItself()).toBe(false);
});

it("a message that was refused is kept, and not sent by itself", () => {
  outbox().put(LETTER);
  outbox().refuse("k", new Problem(429, "too_many_turns", "", 7));
  const refusal = { status: 429, code: "too_many_turns", retryAfter: 7 };
  expect(outbox().find(null)?.refusal).toEqual(refusal);
  expect(isSentByItself()).toBe(false);
});

it("what is no message in the storage is left out", () => {
  storage.setItem("oprina.outbox", "{");
  expect(outbox().find(null)).toBeNull();
});
