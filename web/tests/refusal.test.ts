import { expect, it } from "vitest";
import { Problem } from "../src/core/api/problem";
import { reasonOf, UNSENT, wayOn } from "../src/core/turn/refusal";
import { ar } from "../src/i18n/ar";
import { de } from "../src/i18n/de";
import { en } from "../src/i18n/en";
import { es } from "../src/i18n/es";
import { ja } from "../src/i18n/ja";

const CASES: [number, string, string, string | null][] = [
  [401, "unauthenticated", "signed_out", "sign in"],
  [403, "not_invited", "not_invited", "sign in"],
  [403, "internal", "forbidden", "retry"],
  [404, "not_found", "gone", "new"],
  [409, "account_closing", "closing", "account"],
  [409, "cannot_replace", "replaced", "change"],
  [409, "no_proposal", "proposal", null],
  [409, "conflict", "meanwhile", "retry"],
  [413, "invalid", "long", "change"],
  [413, "internal", "long", "change"],
  [422, "invalid", "refused", "change"],
  [429, "quota_exceeded", "quota", null],
  [429, "rate_limited", "busy", "retry"],
  [503, "spending_stopped", "stopped", "retry"],
  [503, "agent_busy", "down", "retry"],
  [0, UNSENT, "unsent", "retry"],
];

it.each(CASES)("%i %s is told as %s, with a way on", (status, code, reason, way) => {
  const problem = new Problem(status, code, "");
  expect(reasonOf(problem)).toBe(reason);
  expect(wayOn({ question: "Hi", problem })).toBe(way);
});

it("each reason has words of its own in each language", () => {
  const reasons = CASES.map(([, , reason]) => `trouble.${reason}` as keyof typeof en);
  for (const words of [en, de, es, ja, ar]) {
    const told = new Set(reasons.map((reason) => words[reason]));
    expect(told.size).toBe(new Set(reasons).size);
    expect(told).not.toContain(undefined);
  }
});

it("a turn without words of the person has nothing to send again or to change", () => {
  const turn = (status: number) => ({ question: null, problem: new Problem(status, "x", "") });
  expect([500, 413, 401].map((status) => wayOn(turn(status)))).toEqual([null, null, "sign in"]);
});
