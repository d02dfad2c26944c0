import { describe, expect, it } from "vitest";
import { BargeInDetector } from "../src/core/audio/barge-in";
import { EchoGate } from "../src/core/audio/echo-gate";
import { Endpoint, LONGEST_SECONDS, PART_SECONDS, silenceAfter } from "../src/core/audio/endpoint";
import { FRAME_SAMPLES, FRAME_SECONDS, type Frame } from "../src/core/audio/frames";
import { Listener, type ListenerSink } from "../src/core/audio/listener";

/** A voice of this loudness: each frame differs, as those of a voice do. */
function voice(index: number, level: number): number {
  return level * (0.5 + 0.5 * Math.abs(Math.sin(index * 1.7) * Math.cos(index * 0.31)));
}

function frame(level: number, speech: number, reference: number): Frame {
  const samples = new Float32Array(FRAME_SAMPLES).fill(level);
  return { samples, speech, reference };
}

/** The avatar's own sound for one frame, and its echo in the microphone. */
function echo(index: number, decibels: number): { reference: number; level: number } {
  const recent = Array.from({ length: 13 }, (_, back) => voice(index - back, 0.2));
  return {
    reference: Math.max(...recent),
    level: voice(index - 3, 0.2) * 10 ** (-decibels / 20),
  };
}

class Recorder implements ListenerSink {
  readonly log: string[] = [];
  sounding = true;
  isSounding = (): boolean => this.sounding;
  silence = (): number => 0.6;
  duck = (): void => void this.log.push("duck");
  restore = (): void => void this.log.push("restore");
  interrupt = (): void => {
    this.log.push("interrupt");
    this.sounding = false;
  };
  heard = ({ type }: { type: string }): void => {
    if (type !== "pause") this.log.push(type);
  };
  level = (): void => undefined;
}

describe("the echo gate", () => {
  it.each([20, 30])("lets no echo of -%d dB interrupt in a minute", (decibels) => {
    const sink = new Recorder();
    const listener = new Listener(sink, () => true);
    for (let index = 0; index < 60 / FRAME_SECONDS; index++) {
      const { reference, level } = echo(index, decibels);
      listener.frame(frame(level, 0.95, reference));
    }
    expect(sink.log).toEqual([]);
  });

  it.each([20, 30])("still hears the person over an echo of -%d dB", (decibels) => {
    const sink = new Recorder();
    const listener = new Listener(sink, () => true);
    let spokeAt = 0;
    for (let index = 0; index < 12 / FRAME_SECONDS; index++) {
      const { reference, level } = echo(index, decibels);
      const isSpeaking = index > 6 / FRAME_SECONDS;
      if (isSpeaking && !spokeAt) spokeAt = index;
      listener.frame(frame(level + (isSpeaking ? 0.2 : 0), 0.95, sink.sounding ? reference : 0));
      if (sink.log.includes("interrupt")) {
        expect((index - spokeAt) * FRAME_SECONDS).toBeLessThan(0.5);
        break;
      }
    }
    expect(sink.log.filter((each) => each !== "speech")).toEqual(["duck", "interrupt"]);
  });

  it("hears a person who interrupts again a few seconds later", () => {
    const sink = new Recorder();
    const listener = new Listener(sink, () => true);
    for (const round of [1, 2, 3]) {
      sink.sounding = true;
      let soundedAt = 0;
      for (let index = 0; index < 12 / FRAME_SECONDS; index++) {
        const { reference, level } = echo(index, 30);
        const isSpeaking = index > 5 / FRAME_SECONDS && index < 8 / FRAME_SECONDS;
        if (sink.sounding) soundedAt = index;
        const isRecent = index - soundedAt < 13; // the reference is the loudest of 0.4 s
        const returned = sink.sounding ? level : 0;
        const isVoice = sink.sounding || isSpeaking;
        listener.frame(
          frame(returned + (isSpeaking ? 0.2 : 0), isVoice ? 0.95 : 0, isRecent ? reference : 0),
        );
      }
      expect(sink.log.filter((each) => each === "interrupt")).toHaveLength(round);
    }
  });

  it("learns how much of the page's sound returns", () => {
    const gate = new EchoGate();
    for (let index = 0; index < 45; index++) gate.passes(frame(0.01, 0.9, 0.1));
    expect(gate.learnt).toBeCloseTo(0.1, 2);
  });
});

describe("an interruption", () => {
  it("ducks at the second frame of speech and confirms at the seventh", () => {
    const detector = new BargeInDetector();
    const steps = Array.from({ length: 8 }, () => detector.next(true));
    expect(steps).toEqual([null, "duck", null, null, null, null, "confirm", null]);
  });

  it("restores the sound half a second after a cough", () => {
    const detector = new BargeInDetector();
    const steps = [true, true, true, ...Array<boolean>(30).fill(false)].map((each) =>
      detector.next(each),
    );
    expect(steps.filter(Boolean)).toEqual(["duck", "restore"]);
    expect(steps.indexOf("restore") * FRAME_SECONDS).toBeLessThan(0.7);
  });

  it("restores the sound when the avatar falls silent while it is ducked", () => {
    const sink = new Recorder();
    const listener = new Listener(sink, () => true);
    for (let index = 0; index < 3; index++) listener.frame(frame(0.3, 0.9, 0.05));
    sink.sounding = false;
    listener.frame(frame(0.3, 0.9, 0.05));
    expect(sink.log.slice(0, 2)).toEqual(["duck", "restore"]);
  });

  it("sends no message for a cough", () => {
    const sink = new Recorder();
    const listener = new Listener(sink, () => true);
    const levels = [...Array<number>(5).fill(0.3), ...Array<number>(40).fill(0)];
    for (const level of levels) listener.frame(frame(level, level ? 0.9 : 0.1, 0.05));
    expect(sink.log).not.toContain("interrupt");
    expect(sink.log).not.toContain("end");
  });
});

describe("the end of the person's turn", () => {
  function speak(endpoint: Endpoint, seconds: number, speech: boolean, silence = 0.6): string[] {
    const count = Math.round(seconds / FRAME_SECONDS);
    return Array.from({ length: count }, () =>
      endpoint.next(new Float32Array(FRAME_SAMPLES), speech, silence).map((each) => each.type),
    ).flat();
  }

  it("comes after silence, with one look at the words before", () => {
    const endpoint = new Endpoint();
    expect(speak(endpoint, 1, true)).toEqual(["speech"]);
    const after = speak(endpoint, 0.64, false).filter((each) => each !== "pause");
    expect(after).toEqual(["glance", "end"]);
  });

  it("does not come in a short pause", () => {
    const endpoint = new Endpoint();
    speak(endpoint, 1, true);
    expect(speak(endpoint, 0.4, false)).not.toContain("end");
    expect(speak(endpoint, 0.1, true)).toContain("resumed");
  });

  it("drops what is too short for words", () => {
    const endpoint = new Endpoint();
    speak(endpoint, 0.13, true);
    expect(speak(endpoint, 0.7, false)).toContain("dropped");
  });

  it("keeps 0.4 s before the speech", () => {
    const endpoint = new Endpoint();
    speak(endpoint, 3, false);
    speak(endpoint, 1, true);
    const [heard] = endpoint.end();
    if (heard?.type !== "end" || !heard.audio) throw new Error("no end");
    const seconds = heard.audio.length / 16_000;
    expect(seconds).toBeGreaterThan(1.3);
    expect(seconds).toBeLessThan(1.5);
  });

  it("sends long speech in parts at its pauses, and each second once", () => {
    const endpoint = new Endpoint();
    const sent: [string, number][] = [];
    const hear = (seconds: number, isSpeech: boolean): void => {
      for (let index = 0; index < seconds / FRAME_SECONDS; index++)
        for (const heard of endpoint.next(new Float32Array(FRAME_SAMPLES), isSpeech, 0.6))
          if ("audio" in heard)
            sent.push([heard.type, Math.round((heard.audio?.length ?? 0) / 16_000)]);
    };
    for (const [speech, pause] of [
      [PART_SECONDS + 2, 0.3],
      [3, 0.3],
      [7, 0.3],
      [2, 0.7],
    ] as const) {
      hear(speech, true);
      hear(pause, false);
    }
    hear(PART_SECONDS + 2, true);
    hear(0.7, false);
    expect(sent).toEqual([
      ["part", 10],
      ["glance", 3],
      ["part", 11],
      ["glance", 2],
      ["end", 3],
      ["part", 10],
      ["end", 0],
    ]);
  });

  it.each([
    ["I would like to go to", "en", 1.2],
    ["And then, um", "en", 1.2],
    ["I went home.", "en", 0.6],
    ["What time is it?", "en", 0.45],
    ["Ich möchte und", "de", 1.2],
    ["", "en", 0.6],
  ])("waits after %j in %s for %d s", (words, language, seconds) => {
    expect(silenceAfter(words, language, false)).toBe(seconds);
  });

  it("takes its time when the person asked for that", () => {
    expect(silenceAfter("Done.", "en", true)).toBe(2.5);
  });
});

it.each([0.6, Infinity])(
  "speech that is longer than one request comes in parts (silence: %d)",
  (silence) => {
    const endpoint = new Endpoint();
    const sent: number[] = [];
    for (let index = 0; index < (2 * LONGEST_SECONDS + 10) / FRAME_SECONDS; index++)
      for (const heard of endpoint.next(new Float32Array(FRAME_SAMPLES), true, silence))
        if (heard.type === "part") sent.push(heard.audio.length);
    const [last] = endpoint.end();
    const all = [...sent, last?.type === "end" ? (last.audio?.length ?? 0) : 0];
    expect(all).toHaveLength(3);
    for (const samples of all) expect(samples / 16_000).toBeLessThan(LONGEST_SECONDS + 1);
  },
);
