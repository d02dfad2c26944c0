import type { Api } from "../api/api";
import { Problem } from "../api/problem";
import type { Transcript as Words } from "../api/types";
import { type Choices, speechLanguage } from "../store/preferences";
import { Value } from "../store/value";
import { type Heard, silenceAfter } from "./endpoint";
import { Listener } from "./listener";
import {
  type Microphone,
  MicrophoneError,
  type MicrophoneFault,
  openMicrophone,
} from "./microphone";
import type { Output } from "./output";
import { toWav } from "./wav";

/** The person's speech at this moment. */
export interface Hearing {
  /** `off`, being opened, waiting for speech, hearing speech, or turning it into words. */
  state: "off" | "opening" | "waiting" | "speech" | "words";
  words: string | null;
  /** Share of the silence that is left before the words are sent. */
  left: number | null;
  fault: MicrophoneFault | null;
  /** The recogniser failed or did not understand. */
  trouble: "unclear" | "unavailable" | null;
}

const SILENT: Hearing = { state: "off", words: null, left: null, fault: null, trouble: null };
const UNSURE = 0.5;
const RELEASE_TAIL_MS = 400;

export interface VoiceSink {
  isSounding(): boolean;
  interrupt(): void;
  /** The person has finished. `sure`: the words can be sent without a look at them. */
  say(words: string, sure: boolean, lastWordAt: number): void;
}

/** The microphone: opens it, listens, and turns speech into words. */
export class Voice {
  readonly hearing = new Value<Hearing>(SILENT);
  /** Loudness of the person's speech, 0 to 1. */
  level = 0;
  private readonly listener: Listener;
  private microphone: Microphone | null = null;
  /** The words of a long piece of speech that goes on. */
  private parts: Promise<Words | null>[] = [];
  private glance: { cancel: AbortController; words: Promise<Words | null> } | null = null;

  constructor(
    private readonly api: Api,
    private readonly output: () => Output,
    private readonly choices: () => Choices,
    private readonly sink: VoiceSink,
  ) {
    this.listener = new Listener(
      {
        isSounding: () => sink.isSounding(),
        silence: () => this.silence(),
        duck: () => output().duck(),
        restore: () => output().unduck(),
        interrupt: () => sink.interrupt(),
        heard: (heard) => this.heard(heard),
        level: (level) => {
          this.level = level;
        },
      },
      () => choices().mode === "handsfree",
    );
  }

  get isOpen(): boolean {
    return !["off", "opening"].includes(this.hearing.get().state);
  }

  async open(): Promise<void> {
    if (this.hearing.get().state !== "off") return;
    this.hearing.set({ ...SILENT, state: "opening" });
    try {
      const reference = (): number => this.output().reference;
      this.microphone = await openMicrophone(this.choices().device, reference, (frame) =>
        this.listener.frame(frame),
      );
      this.hearing.set({ ...SILENT, state: "waiting" });
    } catch (error) {
      const fault = error instanceof MicrophoneError ? error.fault : "failed";
      this.hearing.set({ ...SILENT, fault });
    }
  }

  async close(): Promise<void> {
    this.discard();
    this.hearing.set(SILENT);
    this.level = 0;
    const open = this.microphone;
    this.microphone = null;
    await open?.close();
  }

  press(): void {
    this.listener.press();
    this.update({ state: "speech", words: null, trouble: null });
  }

  /** The key was released. The last 0.4 s belong to the words. */
  release(): void {
    setTimeout(() => this.listener.release(), RELEASE_TAIL_MS);
  }

  sendNow(): void {
    this.listener.sendNow();
  }

  discard(): void {
    this.listener.discard();
    this.glance?.cancel.abort();
    this.glance = null;
    this.parts = [];
    if (this.isOpen) this.update({ state: "waiting", words: null, left: null });
  }

  forgive(): void {
    this.update({ fault: null, trouble: null });
  }

  private silence(): number {
    const choices = this.choices();
    return silenceAfter(this.hearing.get().words, speechLanguage(choices), choices.patient);
  }

  private heard(heard: Heard): void {
    switch (heard.type) {
      case "speech":
        this.update({ state: "speech", words: null, left: null, trouble: null });
        return;
      case "pause":
        this.update({ left: heard.left });
        return;
      case "resumed":
        this.glance?.cancel.abort();
        this.glance = null;
        this.update({ left: null });
        return;
      case "glance":
        this.look(heard.audio);
        return;
      case "dropped":
        this.update({ state: "waiting", words: null, left: null });
        return;
      case "part":
        this.keepPart(this.transcribe(heard.audio));
        return;
      case "end":
        void this.finish(heard.audio);
    }
  }

  private keepPart(words: Promise<Words | null>): void {
    this.parts.push(words);
    void words.then((found) => {
      if (found && this.parts.includes(words)) this.update({ words: found.text });
    });
  }

  private look(audio: Float32Array): void {
    const cancel = new AbortController();
    const words = this.transcribe(audio, cancel.signal);
    this.glance = { cancel, words };
    void words.then((found) => {
      if (found && !cancel.signal.aborted) this.update({ words: found.text });
    });
  }

  private async finish(audio: Float32Array | null): Promise<void> {
    const at = performance.now() - this.silence() * 1000;
    this.update({ state: "words", left: null });
    const { glance, parts } = this;
    this.glance = null;
    this.parts = [];
    if (audio) parts.push(this.recognise(audio, glance?.words));
    const heard = (await Promise.all(parts)).filter((each) => each !== null);
    if (!this.isOpen) return;
    this.update({ state: "waiting", words: null });
    if (heard.length === 0) return;
    const text = heard
      .map((each) => each.text.trim())
      .join(" ")
      .trim();
    if (!text) {
      this.update({ trouble: "unclear" });
      return;
    }
    // A part that was not understood is missing in the words.
    const isSure = heard.every(({ confidence }) => (confidence ?? 1) >= UNSURE);
    this.sink.say(text, isSure && heard.length === parts.length, at);
  }

  /** Return the words of the glance, which had the same speech, or recognise it now. */
  private async recognise(
    audio: Float32Array,
    glance: Promise<Words | null> | undefined,
  ): Promise<Words | null> {
    return (await glance) ?? this.transcribe(audio);
  }

  private async transcribe(audio: Float32Array, signal?: AbortSignal): Promise<Words | null> {
    const language = speechLanguage(this.choices());
    try {
      return await this.api.transcribe(toWav(audio), language, signal);
    } catch (error) {
      if (signal?.aborted) return null;
      const isNotHeard = error instanceof Problem && error.status === 422;
      this.update({ trouble: isNotHeard ? "unclear" : "unavailable" });
      return null;
    }
  }

  private update(change: Partial<Hearing>): void {
    this.hearing.change((now) => ({ ...now, ...change }));
  }
}
