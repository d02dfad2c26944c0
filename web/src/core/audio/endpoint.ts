import { FRAME_SECONDS } from "./frames";

/** The end of the person's turn, decided from silence and from the words so far. */
export interface Pace {
  /** Seconds of silence after which the words are sent. */
  silence: number;
}

export const USUAL_SECONDS = 0.6;
export const UNFINISHED_SECONDS = 1.2;
export const QUESTION_SECONDS = 0.45;
export const PATIENT_SECONDS = 2.5;
/** After this silence the words so far are transcribed, while the person may still go on. */
export const GLANCE_SECONDS = 0.25;
const SHORTEST_SPEECH = 0.25;
const PRE_ROLL_FRAMES = 12;
/** The recogniser takes at most 60 s at once. */
export const LONGEST_SECONDS = 55;
/**
 * Speech that is longer is sent in parts, at its pauses: each second of it is recognised about once, and
 * only the last part is awaited at the end.
 */
export const PART_SECONDS = 8;
const ONSET_FRAMES = 3;

const UNFINISHED: Record<string, RegExp> = {
  en: /\b(?:and|or|but|so|because|to|the|a|an|of|in|on|at|for|with|from|my|your|if|that|which|um+|uh+|er+|like|well|i|is|are|was)\W*$/iu,
  de: /\b(?:und|oder|aber|weil|dass|zu|der|die|das|den|dem|ein|eine|einen|mit|von|für|in|im|am|auf|wenn|ähm?|also|ich|ist)\W*$/iu,
  es: /\b(?:y|o|pero|porque|que|de|del|la|el|los|las|un|una|con|para|por|en|si|eh+|pues|mi|tu)\W*$/iu,
  ja: /(?:が|は|を|に|で|と|の|けど|から|ので|えっと|あの)[、\s]*$/u,
  ar: /(?:^|\s)(?:و|أو|لكن|لأن|أن|من|إلى|في|على|مع|عن|يعني)\W*$/u,
};
const QUESTION =
  /^(?:who|what|when|where|why|how|which|can|could|is|are|do|does|wer|was|wann|wo|warum|wie|kannst|qué|quién|cuándo|dónde|cómo)\b.*\?$/iu;

/** Return the silence that ends a turn with these words. `patient`: the person asked for time. */
export function silenceAfter(words: string | null, language: string, patient: boolean): number {
  if (patient) return PATIENT_SECONDS;
  const text = words?.trim() ?? "";
  if (!text) return USUAL_SECONDS;
  const pattern = UNFINISHED[language.slice(0, 2)];
  if (pattern?.test(text) || /[,…]$|\.\.\.$/u.test(text)) return UNFINISHED_SECONDS;
  return QUESTION.test(text) ? QUESTION_SECONDS : USUAL_SECONDS;
}

export type Heard =
  /** Speech began. */
  | { type: "speech" }
  /** The person pauses: transcribe what there is. */
  | { type: "glance"; audio: Float32Array }
  /** Share of the silence that is left before the words are sent, 1 to 0. */
  | { type: "pause"; left: number }
  /** The person went on after a pause. */
  | { type: "resumed" }
  /** A part of long speech, which goes on. */
  | { type: "part"; audio: Float32Array }
  /** `audio` is null if everything was sent in parts. */
  | { type: "end"; audio: Float32Array | null }
  /** Too short to be words. */
  | { type: "dropped" };

/** Collects the frames of one piece of speech, with 0.4 s before it, and finds its end. */
export class Endpoint {
  private frames: Float32Array[] = [];
  private speaking = false;
  private run = 0;
  private spoken = 0;
  private silent = 0;
  private glanced = false;
  private hasParts = false;

  /** Take the next frame. `silence`: seconds after which the words are sent. */
  next(samples: Float32Array, isSpeech: boolean, silence: number): Heard[] {
    this.frames.push(samples);
    this.run = isSpeech ? this.run + 1 : 0;
    if (!this.speaking) return this.waitForSpeech();
    const part = this.length < LONGEST_SECONDS ? [] : this.part();
    if (isSpeech) return [...part, ...this.goOn()];
    this.silent += 1;
    const quiet = this.silent * FRAME_SECONDS;
    if (quiet >= silence) return [...part, ...this.end()];
    const heard: Heard[] = [...part, { type: "pause", left: 1 - quiet / silence }];
    if (quiet >= GLANCE_SECONDS && !this.glanced && this.isLongEnough) {
      this.glanced = true;
      if (this.length < PART_SECONDS) heard.push({ type: "glance", audio: this.audio() });
      else heard.push(...this.part());
    }
    return heard;
  }

  /** End now: the key was released, or the person pressed send. */
  end(): Heard[] {
    const audio = this.isLongEnough ? this.audio() : null;
    const wasSpeech = audio !== null || this.hasParts;
    this.reset();
    return wasSpeech ? [{ type: "end", audio }] : [{ type: "dropped" }];
  }

  reset(): void {
    this.frames = [];
    this.speaking = false;
    this.run = 0;
    this.spoken = 0;
    this.silent = 0;
    this.glanced = false;
    this.hasParts = false;
  }

  private get length(): number {
    return this.frames.length * FRAME_SECONDS;
  }

  private get isLongEnough(): boolean {
    return this.spoken * FRAME_SECONDS >= SHORTEST_SPEECH;
  }

  private waitForSpeech(): Heard[] {
    if (this.run < ONSET_FRAMES) {
      this.frames = this.frames.slice(-PRE_ROLL_FRAMES);
      return [];
    }
    this.speaking = true;
    this.spoken = this.run;
    return [{ type: "speech" }];
  }

  private goOn(): Heard[] {
    this.spoken += 1;
    const paused = this.silent > 0;
    this.silent = 0;
    this.glanced = false;
    return paused ? [{ type: "resumed" }] : [];
  }

  /** Cut off what there is. */
  private part(): Heard[] {
    const audio = this.audio();
    this.frames = [];
    this.spoken = 0;
    this.hasParts = true;
    return [{ type: "part", audio }];
  }

  private audio(): Float32Array {
    const joined = new Float32Array(this.frames.reduce((sum, each) => sum + each.length, 0));
    let at = 0;
    for (const frame of this.frames) {
      joined.set(frame, at);
      at += frame.length;
    }
    return joined;
  }
}
