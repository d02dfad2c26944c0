/** A sentence with its place in time, in seconds of one clock. */
export interface TimedSentence {
  text: string;
  from: number;
  seconds: number;
}

/** A caption at one moment: the words before, the word that is spoken, and the words after it. */
export interface CaptionView {
  before: string;
  word: string;
  after: string;
}

const LONGEST_CAPTION = 92;

/**
 * Return the caption at `now`, or null before the first and after the last sentence.
 *
 * The place of a word in its sentence is estimated from its share of the letters. `longest`: characters
 * that fit in two lines.
 */
export function captionAt(
  sentences: readonly TimedSentence[],
  now: number,
  longest = LONGEST_CAPTION,
): CaptionView | null {
  const current = sentences.findLast((each) => each.from <= now);
  if (!current || now > current.from + current.seconds + 0.4) return null;
  const spans = wordSpans(current.text);
  const share = Math.min(1, (now - current.from) / Math.max(current.seconds, 0.01));
  const position = share * current.text.length;
  const index = Math.max(
    0,
    spans.findLastIndex(([start]) => start <= position),
  );
  const [start, end] = spans[index] ?? [0, current.text.length];
  const view = {
    before: current.text.slice(0, start),
    word: current.text.slice(start, end),
    after: current.text.slice(end),
  };
  return shorten(view, longest);
}

/** Return how many characters of `text` were spoken at `now`. */
export function spokenLength(
  text: string,
  sentences: readonly TimedSentence[],
  now: number,
): { from: number; to: number } | null {
  const current = sentences.findLast((each) => each.from <= now);
  const view = current && captionAt(sentences, now);
  if (!current || !view) return null;
  const place = text.indexOf(current.text);
  if (place < 0) return null;
  const share = Math.min(1, (now - current.from) / Math.max(current.seconds, 0.01));
  const position = share * current.text.length;
  const spans = wordSpans(current.text);
  const [start, end] = spans.findLast(([each]) => each <= position) ?? [0, 0];
  return { from: place + start, to: place + end };
}

/** Shorten a long caption to the two lines around its word. */
function shorten(view: CaptionView, longest: number): CaptionView {
  const length = view.before.length + view.word.length + view.after.length;
  if (length <= longest) return view;
  const page = Math.floor(view.before.length / longest);
  const cut = page * longest;
  const start = cut === 0 ? 0 : view.before.lastIndexOf(" ", cut) + 1;
  const before = view.before.slice(start);
  const room = Math.max(0, longest - before.length - view.word.length);
  const end = view.after.length <= room ? view.after.length : view.after.lastIndexOf(" ", room);
  return { before, word: view.word, after: view.after.slice(0, Math.max(0, end)) };
}

/** Return the spans of the words. Scripts without spaces are taken in pieces of three letters. */
function wordSpans(text: string): [number, number][] {
  const spans: [number, number][] = [];
  for (const match of text.matchAll(/\S+/gu)) {
    const isLong = /[\u3040-\u30ff\u4e00-\u9fff]/u.test(match[0]);
    const step = isLong ? 3 : match[0].length;
    for (let at = 0; at < match[0].length; at += step)
      spans.push([match.index + at, match.index + Math.min(at + step, match[0].length)]);
  }
  return spans;
}

/** Split a reply into what was said and what was not. `spoken` is what the person heard. */
export function splitSpoken(text: string, spoken: string): { said: string; unsaid: string } {
  if (text.startsWith(spoken)) return { said: spoken, unsaid: text.slice(spoken.length) };
  const letters = (each: string) => each.replace(/[^\p{L}\p{N}]/gu, "").length;
  let left = letters(spoken);
  let at = 0;
  for (const char of text) {
    if (left <= 0 && /\s/u.test(char)) break;
    left -= letters(char);
    at += char.length;
  }
  return { said: text.slice(0, at), unsaid: text.slice(at) };
}
