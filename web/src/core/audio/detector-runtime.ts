import * as ort from "onnxruntime-web";

type Feeds = Record<string, ort.Tensor>;

/** A session of the runtime, as the detector uses it. */
export interface Runner {
  run(feeds: Feeds): Promise<Feeds>;
  release(): Promise<void>;
}

/**
 * Let the detector run in a worker, one frame after the other.
 *
 * A worker takes what it is given, so each run gets copies. Frames may come before the last answer, so
 * a run goes on from the newest state, unless the detector has begun with a new one. A frame that comes
 * after `release` gets the last answer: the microphone sends frames until it is closed.
 */
export function inOrder(session: Runner): Runner {
  const states = new WeakSet<ort.Tensor>();
  let newest: Feeds = {};
  let isReleased = false;
  let last: Promise<unknown> = Promise.resolve();
  const runNext = async (feeds: Feeds): Promise<Feeds> => {
    if (isReleased) return newest;
    const { state } = feeds;
    const current =
      state && states.has(state) && newest.stateN ? { ...feeds, state: newest.stateN } : feeds;
    const copies = Object.entries(current).map(([name, each]) => [name, copyOf(each)]);
    newest = await session.run(Object.fromEntries(copies) as Feeds);
    if (newest.stateN) states.add(newest.stateN);
    return newest;
  };
  return {
    run: (feeds) => {
      const answers = last.then(() => runNext(feeds));
      last = answers.catch(() => undefined);
      return answers;
    },
    release: async () => {
      await last;
      isReleased = true;
      await session.release();
    },
  };
}

function copyOf(tensor: ort.Tensor): ort.Tensor {
  return new ort.Tensor(tensor.type, tensor.data.slice() as ort.Tensor.DataType, tensor.dims);
}

// The names of `onnxruntime-web`: vite.config.ts gives this file to the detector in its place.
export const { env, Tensor } = ort;
export const InferenceSession = {
  create: async (model: ArrayBuffer): Promise<Runner> =>
    inOrder((await ort.InferenceSession.create(model)) as unknown as Runner),
};
