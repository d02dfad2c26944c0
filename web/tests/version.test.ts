import { expect, it } from "vitest";
import { Version } from "../src/core/version";

const MINUTE = 60_000;
const CONFIG = '{"api": "/api"}';
const INDEX = '<script src="/assets/index-1.js">';

function page(served: Record<string, string | Error>) {
  const clock = { now: 0, looks: 0 };
  const load = async (path: string): Promise<string> => {
    clock.looks += 1;
    const found = served[path] ?? "";
    if (found instanceof Error) throw found;
    return found;
  };
  return { clock, version: new Version("/assets/index-1.js", CONFIG, load, () => clock.now) };
}

it.each([
  ["the same build", INDEX, CONFIG, false],
  ["another build", '<script src="/assets/index-2.js">', CONFIG, true],
  ["other addresses", INDEX, '{"api": "/v2"}', true],
  ["no network", new TypeError("offline"), CONFIG, false],
])("%s", async (_, index, config, isOld) => {
  const { clock, version } = page({ "/": index, "/config.json": config });
  clock.now = 6 * MINUTE;
  await version.look();
  expect(version.isOld.get()).toBe(isOld);
});

it("looks at most once in five minutes", async () => {
  const { clock, version } = page({ "/": INDEX, "/config.json": CONFIG });
  for (const minute of [1, 4, 6, 7, 10, 12]) {
    clock.now = minute * MINUTE;
    await version.look();
  }
  expect(clock.looks).toBe(2 * 2); // at 6 and at 12 minutes, two texts each
});
