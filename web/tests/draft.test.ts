import { beforeEach, expect, it } from "vitest";
import { Draft } from "../src/core/store/draft";

const kept = new Map<string, string>();
const storage = {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
  removeItem: (key: string) => void kept.delete(key),
};

beforeEach(() => kept.clear());

it("each conversation keeps its own words, also over a reload", () => {
  const draft = new Draft(storage);
  draft.set("new");
  draft.open("a");
  expect(draft.get()).toBe("");
  draft.set("for a");
  draft.open(null);
  expect(draft.get()).toBe("new");
  const reloaded = new Draft(storage);
  expect(reloaded.get()).toBe("new");
  reloaded.open("a");
  expect(reloaded.get()).toBe("for a");
});

it("a conversation that gets its id keeps the words, and the next new one begins empty", () => {
  const draft = new Draft(storage);
  draft.set("next question");
  draft.name("a");
  expect(draft.get()).toBe("next question");
  draft.open(null);
  expect(draft.get()).toBe("");
  draft.open("a");
  expect(draft.get()).toBe("next question");
});

it("nothing is left after sign-out", () => {
  const draft = new Draft(storage);
  draft.set("secret");
  draft.clear();
  expect(kept.size).toBe(0);
});

it("works where the storage is full or holds something else", () => {
  const full = {
    ...storage,
    setItem: () => {
      throw new Error("full");
    },
  };
  kept.set("oprina.drafts", "{");
  const draft = new Draft(full);
  draft.set("words");
  expect(draft.get()).toBe("words");
});
