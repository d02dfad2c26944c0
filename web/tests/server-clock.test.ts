import { expect, it } from "vitest";
import { ServerClock } from "../src/core/api/server-clock";
import { initialOf } from "../src/core/auth/sign-in";

const NOON = Date.parse("2026-11-30T12:00:00Z");
const IN_TEN_MINUTES = "2026-11-30T12:10:00Z";

function seen(hours: number, date: string | null): number {
  const now = NOON + hours * 3_600_000;
  const clock = new ServerClock(() => now);
  clock.observe({ headers: new Headers(date === null ? {} : { date }) });
  return (clock.local(IN_TEN_MINUTES) - now) / 60_000;
}

it.each([0, 1, -1, 24])(
  "ten minutes are ten minutes by a clock that is %d hours ahead",
  (hours) => {
    expect(seen(hours, "Mon, 30 Nov 2026 12:00:00 GMT")).toBe(10);
  },
);

it("an answer without a time, and a second on the way, change nothing", () => {
  expect(seen(0, null)).toBe(10);
  expect(seen(0, "Mon, 30 Nov 2026 11:59:58 GMT")).toBe(10);
});

it.each([
  ["ada", "A"],
  ["  ben", "B"],
  ["🦊 Fox", "🦊"],
  ["👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"],
  ["محمد", "م"],
  ["", "?"],
])("the first letter of %j is %j", (name, letter) => {
  expect(initialOf(name)).toBe(letter);
});
