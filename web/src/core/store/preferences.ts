import { speechTag } from "../../i18n/languages";
import { Value } from "./value";

/** The choices of this browser. Those that belong to the person are stored in the account as well. */
export interface Choices {
  /** How speech begins and ends. */
  mode: "handsfree" | "hold" | "toggle";
  /** Wait longer before words are sent. */
  patient: boolean;
  /** Show the words in the field before they are sent. */
  check: boolean;
  captions: boolean;
  captionSize: "usual" | "large";
  /** Answers are spoken. */
  sound: boolean;
  /** Start the avatar's video with a conversation by voice. */
  video: boolean;
  speed: number;
  theme: "system" | "light" | "dark";
  /** Code of the page's language. Empty: the browser's. */
  language: string;
  /** Code of the language that is spoken and heard. Empty: the page's. */
  speech: string;
  device: string;
  /** M, C, / and ? are keys of the page. A program that types what it hears would press them. */
  keys: boolean;
  sidebar: boolean;
}

const KEY = "oprina.choices";
const DEFAULTS: Choices = {
  mode: "handsfree",
  patient: false,
  check: false,
  captions: true,
  captionSize: "usual",
  sound: true,
  video: true,
  speed: 1,
  theme: "system",
  language: "",
  speech: "",
  device: "",
  keys: true,
  sidebar: false,
};

export class Preferences extends Value<Choices> {
  constructor() {
    super({ ...DEFAULTS, ...read() });
  }

  choose(change: Partial<Choices>): void {
    const next = { ...this.get(), ...change };
    this.set(next);
    localStorage.setItem(KEY, JSON.stringify(next));
  }
}

/** Return the language that is spoken and heard (BCP 47): the chosen one, else the browser's. */
export function speechLanguage({ speech, language }: Choices): string {
  return speechTag(speech || language || navigator.language);
}

function read(): Partial<Choices> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Choices>;
  } catch {
    return {};
  }
}
