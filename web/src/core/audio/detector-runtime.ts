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
 * a run goes on from the newest state, unless the detector has begun with a new one.
 */
export function inOrder(session: Runner): Runner {
  const states = new WeakSet<ort.Tensor>();
  let newest: ort.Tensor | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const runNext = async (feeds: Feeds): Promise<Feeds> => {
    const { state } = feeds;
    const current = state && newest && states.has(state) ? { ...feeds, state: newest } : feeds;
    const copies = Object.entries(current).map(([name, each]) => [name, copyOf(each)]);
    const answers = await session.run(Object.fromEntries(copies) as Feeds);
    newest = answers.stateN;
    if (newest) states.add(newest);
    return answers;
  };
  return {
    run: (feeds) => {
      const answers = last.then(() => runNext(feeds));
      last = answers.catch(() => undefined);
      return answers;
    },
    release: () => session.release(),
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
