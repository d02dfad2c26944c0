import { describe, expect, it } from "vitest";
import { FRAME_SECONDS } from "../../src/core/audio/frames";
import { fill, type Heard, play, speech } from "./clock";

const MINUTE = 60;
const AVATARS = ["avatar-female", "avatar-male"];
const PERSONS = ["person-0", "person-1", "person-2", "person-3", "person-4"];
/** Seconds from the first sound of the person within which each step must come. */
const CAUGHT_SECONDS = 1;
const AT = 8;

function steps({ log }: Heard): string[] {
  return log.map(([what]) => what);
}

describe.each([20, 30])("with the avatar's sound in the microphone, %d dB quieter", (echo) => {
  it.each(AVATARS)("%s interrupts itself never in a minute", async (name) => {
    const heard = await play({ avatar: fill(speech(name), MINUTE), echo });
    expect(heard.log).toEqual([]);
    expect(heard.flagged).toBeGreaterThan(300); // without the gate: many interruptions
  });

  it.each(PERSONS)("%s is caught: ducked, then interrupted, then silent", async (name) => {
    const person = { sound: speech(name), at: AT };
    const heard = await play({ avatar: fill(speech("avatar-female"), 14), echo, person });
    expect(steps(heard)).toEqual(["duck", "interrupt", "end"]);
    const [[, ducked], [, interrupted]] = heard.log as [[string, number], [string, number]];
    expect(ducked).toBeGreaterThanOrEqual(AT);
    expect(ducked).toBeLessThan(interrupted);
    expect(interrupted).toBeLessThan(AT + CAUGHT_SECONDS);
    const next = Math.round(interrupted / FRAME_SECONDS) + 1;
    expect(Math.max(...heard.output.slice(next))).toBe(0);
  });

  it("a cough ducks, and the sound comes back", async () => {
    const person = { sound: speech("cough"), at: AT };
    const heard = await play({ avatar: fill(speech("avatar-female"), 14), echo, person });
    expect(steps(heard).filter((each) => each !== "dropped")).toEqual(["duck", "restore"]);
  });
});

describe("a person who speaks while the gate learns", () => {
  it("is heard later", async () => {
    const [first, again] = [speech("person-0"), speech("person-1")];
    const sound = new Float32Array(16_000 * 24);
    sound.set(first.map((each) => each / 4));
    sound.set(again, 16_000 * 20);
    const avatar = fill(speech("avatar-female"), 26);
    const heard = await play({ avatar, echo: 20, person: { sound, at: 0 } });
    expect(steps(heard)).toContain("interrupt");
  });
});
