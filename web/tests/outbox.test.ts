import { beforeEach, expect, it } from "vitest";
import { Outbox } from "../src/core/turn/outbox";

const LETTER = {
  key: "k",
  request: { message: "Hi" },
  question: "Hi",
  conversationId: null,
  questionId: null,
  isSent: false,
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
  expect(outbox().wasSent("k")).toBe(true);
});

it("an answered message is removed, and another one stays", () => {
  outbox().put({ ...LETTER, key: "newer" });
  outbox().clear("k");
  expect(outbox().find(null)?.key).toBe("newer");
  outbox().clear("newer");
  expect(outbox().find(null)).toBeNull();
});

it("an old message is not sent by itself", () => {
  outbox().put(LETTER);
  now += 11 * 60_000;
  expect(outbox().find(null)).toBeNull();
});

it("what is no message in the storage is left out", () => {
  storage.setItem("oprina.outbox", "{");
  expect(outbox().find(null)).toBeNull();
});
