import { describe, expect, it } from "vitest";
import { Problem } from "../src/core/api/problem";
import type { ChatEvent } from "../src/core/api/types";
import { Marks } from "../src/core/marks";
import { captionAt, splitSpoken, spokenLength } from "../src/core/turn/captions";
import { Transcript } from "../src/core/turn/transcript";
import { EMPTY_TURN, next, type Turn } from "../src/core/turn/turn";

const EMPTY: Turn = { ...EMPTY_TURN, key: "k", question: "Hi" };
const TURN: ChatEvent = {
  event: "turn",
  turn_id: "t",
  conversation_id: "c",
  message_id: "a",
  user_message_id: "m",
};

function after(...events: ChatEvent[]): Turn {
  return events.reduce(next, EMPTY);
}

describe("a turn", () => {
  it("begins anew when a lost stream is read again", () => {
    const again = after(TURN, { event: "text", text: "One" }, TURN, {
      event: "text",
      text: "One.",
    });
    expect(again.text).toBe("One.");
  });

  it("shows a tool once, with its last state", () => {
    const { tools } = after(
      TURN,
      { event: "tool", id: "1", name: "read_mail", state: "called" },
      { event: "tool", id: "1", name: "read_mail", state: "answered", summary: "3 mails" },
    );
    expect(tools).toEqual([{ id: "1", name: "read_mail", state: "answered", summary: "3 mails" }]);
  });

  it("keeps what was written when an error ends it", () => {
    const turn = after(
      TURN,
      { event: "text", text: "One." },
      {
        event: "error",
        type: "urn:x",
        title: "Busy",
        status: 503,
        detail: "busy",
        code: "agent_busy",
      },
    );
    expect(turn.text).toBe("One.");
    expect(turn.problem?.code).toBe("agent_busy");
  });

  it("that was refused leaves a message that the server does not know", () => {
    const transcript = new Transcript();
    transcript.add({ ...EMPTY, problem: new Problem(429, "too_many_turns", "") });
    transcript.add(after(TURN));
    expect(transcript.get().map((each) => each.isStored)).toEqual([false, true]);
  });

  it("is added to the transcript once", () => {
    const transcript = new Transcript();
    const turn = { ...after(TURN), text: "Hello.", messageId: "a", ended: "complete" as const };
    transcript.add(turn);
    transcript.add(turn);
    expect(transcript.get().map((each) => each.id)).toEqual(["m", "a"]);
  });
});

describe("captions", () => {
  const sentences = [
    { text: "One two three.", from: 10, seconds: 1.4 },
    { text: "Four.", from: 11.4, seconds: 0.5 },
  ];

  it("follow the clock word by word", () => {
    expect(captionAt(sentences, 9)).toBeNull();
    const [narrow] = [captionAt([{ text: "word ".repeat(40), from: 0, seconds: 10 }], 9, 60)];
    expect(`${narrow?.before}${narrow?.word}${narrow?.after}`.length).toBeLessThanOrEqual(62);
    expect(captionAt(sentences, 10.01)?.word).toBe("One");
    expect(captionAt(sentences, 10.5)?.word).toBe("two");
    expect(captionAt(sentences, 11.5)?.word).toBe("Four.");
    expect(captionAt(sentences, 14)).toBeNull();
  });

  it("name the same word in the transcript", () => {
    const text = "One two three. Four.";
    const place = spokenLength(text, sentences, 10.5);
    expect(place && text.slice(place.from, place.to)).toBe("two");
  });

  it("split an interrupted answer at the cut", () => {
    expect(splitSpoken("One two three.", "One two")).toEqual({
      said: "One two",
      unsaid: " three.",
    });
    expect(splitSpoken("It is **5** pm, friend.", "It is 5 pm").unsaid).toContain("friend");
  });
});

describe("marks", () => {
  it("are reported once, in seconds", () => {
    let now = 1_000;
    const marks = new Marks(() => now);
    marks.begin("key_to_first_text");
    now = 1_250;
    marks.end("key_to_first_text");
    expect(marks.take()).toEqual({ key_to_first_text: 0.25 });
    expect(marks.take()).toEqual({});
  });
});
