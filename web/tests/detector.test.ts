import * as ort from "onnxruntime-web";
import { expect, it } from "vitest";
import { inOrder, type Runner } from "../src/core/audio/detector-runtime";

function state(value: number): ort.Tensor {
  return new ort.Tensor("float32", [value], [1]);
}

function numbers(tensor: ort.Tensor | undefined): Float32Array {
  return (tensor ?? state(-1)).data as Float32Array;
}

/** Adds 1 to the state, later. Takes the memory that it is given, as a worker does. */
function counter(): Runner {
  let isReleased = false;
  return {
    run: async (feeds) => {
      if (isReleased) throw new Error("released");
      const given = numbers(feeds.state);
      const [value = -1] = given;
      structuredClone(null, { transfer: [given.buffer] });
      await new Promise((resolve) => setTimeout(resolve, 1));
      return { stateN: state(value + 1) };
    },
    release: async () => {
      isReleased = true;
    },
  };
}

it("goes on from the newest state, also if frames come before the last answer", async () => {
  const runner = inOrder(counter());
  const first = state(0);
  const { stateN = first } = await runner.run({ state: first });
  const answers = await Promise.all([1, 2, 3].map(() => runner.run({ state: stateN })));
  expect(answers.map((each) => numbers(each.stateN)[0])).toEqual([2, 3, 4]);
  expect(numbers(first)[0]).toBe(0);
});

it("begins again with a new state", async () => {
  const runner = inOrder(counter());
  const answer = await runner.run({ state: state(5) });
  expect(numbers(answer.stateN)[0]).toBe(6);
  const again = await runner.run({ state: state(0) });
  expect(numbers(again.stateN)[0]).toBe(1);
});

it("answers a frame that comes after the release", async () => {
  const runner = inOrder(counter());
  const runs = [runner.run({ state: state(0) })];
  const released = runner.release();
  runs.push(runner.run({ state: state(0) }));
  await released;
  runs.push(runner.run({ state: state(0) }));
  const answers = await Promise.all(runs);
  expect(answers.map((each) => numbers(each.stateN)[0])).toEqual([1, 1, 1]);
});
