import { beforeEach, expect, it, vi } from "vitest";
import type { Api } from "../src/core/api/api";
import { Problem } from "../src/core/api/problem";
import type { Sound } from "../src/core/audio/sound";
import { Conversation } from "../src/core/conversation";
import { Marks } from "../src/core/marks";
import type { OfflineCopy } from "../src/core/store/offline";
import { Dialogue } from "../src/core/turn/dialogue";
import { Outbox } from "../src/core/turn/outbox";

const DONE =
  'event: turn\ndata: {"turn_id":"t","conversation_id":"c","message_id":"a","user_message_id":"m"}\n\n' +
  'event: done\ndata: {"ended":"complete","turn_id":"t","message_id":"a","text":"Yes.","spoken":""}\n\n';
const kept = new Map<string, string>();
const storage = {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
  removeItem: (key: string) => void kept.delete(key),
};
const sent: { key: string | null; body: string }[] = [];
let answer: () => Response;
let feedback: () => Promise<void>;

const api = {
  fetch: async (_: string, { headers, body }: RequestInit) => {
    sent.push({ key: new Headers(headers).get("Idempotency-Key"), body: String(body) });
    return answer();
  },
  conversation: async () => ({ title: "Title" }),
  messages: async () => ({ messages: [], more: false }),
  feedback: () => feedback(),
} as unknown as Api;

function refuse(status: number, code: string): Response {
  return new Response(JSON.stringify({ code, status, detail: "" }), { status });
}

/** Return the page after a load: what a reload keeps is in `storage`. */
function page(): { dialogue: Dialogue; conversation: Conversation } {
  const copy = { putMessages: async () => undefined } as unknown as OfflineCopy;
  const conversation = new Conversation(api, copy);
  const dialogue = new Dialogue({
    api,
    conversation,
    sound: { silence: () => undefined, restore: () => undefined } as unknown as Sound,
    marks: new Marks(),
    outbox: new Outbox(storage),
    place: async () => ({ speak: false }),
    goOnWithoutFace: () => undefined,
  });
  return { dialogue, conversation };
}

function shown({ dialogue, conversation }: ReturnType<typeof page>) {
  const { turn } = dialogue.turn.getSnapshot().context;
  const words = conversation.transcript.get().map((each) => each.text);
  return { turn, words, code: turn.problem?.code };
}

beforeEach(() => {
  kept.clear();
  sent.length = 0;
});

it.each([
  [401, "unauthenticated"],
  [403, "not_invited"],
  [409, "account_closing"],
  [413, "invalid"],
  [429, "quota_exceeded"],
])(
  "a message refused with %i %s is there after a reload, and arrives once",
  async (status, code) => {
    answer = () => refuse(status, code);
    const before = page();
    before.dialogue.ask({ message: "Hi" }, "Hi");
    await vi.waitFor(() => expect(shown(before).code).toBe(code));

    const after = page();
    after.dialogue.takeUp(undefined);
    expect(shown(after)).toMatchObject({ words: ["Hi"], code });
    expect(sent).toHaveLength(1);

    answer = () => new Response(DONE);
    after.dialogue.retry(shown(after).turn);
    await vi.waitFor(() => expect(shown(after).words).toEqual(["Hi", "Yes."]));
    expect(sent[1]).toEqual(sent[0]);

    const last = page();
    last.dialogue.takeUp(undefined);
    expect(shown(last).words).toEqual([]);
  },
);

it("a message that is taken back to be changed is not kept", async () => {
  answer = () => refuse(422, "invalid");
  const { dialogue, conversation } = page();
  dialogue.ask({ message: "Hi" }, "Hi");
  await vi.waitFor(() => expect(dialogue.isIdle).toBe(true));
  expect(dialogue.takeBack(dialogue.turn.getSnapshot().context.turn)).toBe("Hi");
  expect(shown({ dialogue, conversation })).toMatchObject({ words: [], code: undefined });
  expect(kept.size).toBe(0);
});

it("a rating that is refused is taken back, and says so", async () => {
  answer = () => new Response(DONE);
  const { dialogue, conversation } = page();
  dialogue.ask({ message: "Hi" }, "Hi");
  await vi.waitFor(() => expect(conversation.transcript.get()).toHaveLength(2));
  const rated = () => conversation.transcript.get().find((each) => each.id === "a");
  const rate = async () => {
    const entry = rated();
    if (entry) await conversation.rate(entry, "good");
  };
  feedback = () => Promise.reject(new Problem(404, "not_found", ""));
  await rate();
  expect(rated()).toMatchObject({ rating: null, isUnrated: true });
  feedback = () => Promise.resolve();
  await rate();
  expect(rated()).toMatchObject({ rating: "good", isUnrated: false });
});
