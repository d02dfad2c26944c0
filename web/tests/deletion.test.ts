import { beforeEach, expect, it, vi } from "vitest";
import { Problem } from "../src/core/api/problem";
import type { Summary } from "../src/core/api/types";
import { Deletion, UNDO_SECONDS } from "../src/core/deletion";

const log: string[] = [];
let refuse: Error | null = null;

function conversation(conversation_id: string): Summary {
  return { conversation_id, title: conversation_id, created_at: "", updated_at: "" };
}

function deletion(): Deletion {
  return new Deletion({
    api: {
      deleteConversation: async (id) => {
        log.push(`delete ${id}`);
        if (refuse) throw refuse;
      },
    },
    copy: { remove: async (id) => void log.push(`forget ${id}`) },
    begun: (id) => log.push(`leave ${id}`),
    ended: () => log.push("list"),
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  log.length = 0;
  refuse = null;
});

it("a conversation is deleted when the time to take it back is over", async () => {
  const each = deletion();
  each.remove(conversation("a"));
  await vi.advanceTimersByTimeAsync((UNDO_SECONDS - 1) * 1000);
  expect([log, each.hidden.get()]).toEqual([[], ["a"]]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(log).toEqual(["leave a", "delete a", "forget a", "list"]);
  expect([each.pending.get(), each.hidden.get()]).toEqual([null, ["a"]]);
});

it("a deletion that is taken back deletes nothing", async () => {
  const each = deletion();
  each.remove(conversation("a"));
  each.undo();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([log, each.hidden.get()]).toEqual([[], []]);
});

it("the next deletion and a page that goes away do not wait", async () => {
  const each = deletion();
  each.remove(conversation("a"));
  each.remove(conversation("b"));
  expect(log).toEqual(["leave a", "delete a"]);
  await each.run();
  expect(log).toContain("delete b");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(log.filter((line) => line.startsWith("delete"))).toHaveLength(2);
});

it("a conversation that could not be deleted is shown again", async () => {
  const each = deletion();
  refuse = new TypeError("offline");
  each.remove(conversation("a"));
  await each.run();
  expect([each.isFailed.get(), each.hidden.get()]).toEqual([true, []]);
  expect(log).not.toContain("forget a");
});

it("a conversation that does not exist any more counts as deleted", async () => {
  const each = deletion();
  refuse = new Problem(404, "not_found", "Not found");
  each.remove(conversation("a"));
  await each.run();
  expect([each.isFailed.get(), each.hidden.get()]).toEqual([false, ["a"]]);
});
