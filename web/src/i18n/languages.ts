import type { Catalog } from "./en";

/** A language: of the page if it has a catalogue, of the voice and of the recogniser. */
export interface Language {
  /** BCP 47, without a region. */
  code: string;
  /** The tag that voice and recogniser get. Google's voices for Arabic have no country: `ar-XA`. */
  speech: string;
  /** Other regions that Google has voices for. A person of another region gets `speech`. */
  regions?: readonly string[];
  /** Loads the words of the page. Absent: the page is not translated. */
  load?: () => Promise<Catalog>;
}

/**
 * The languages in which Oprina can be read, spoken and heard.
 *
 * Each can be spoken and heard: Google has voices (Chirp 3: HD) and a recogniser (Chirp 3) for it, and
 * the backend knows how its numbers, dates and abbreviations are read aloud.
 */
export const LANGUAGES: readonly Language[] = [
  {
    code: "en",
    speech: "en-US",
    regions: ["en-GB"],
    load: async () => (await import("./en")).en,
  },
  { code: "de", speech: "de-DE", load: async () => (await import("./de")).de },
  { code: "es", speech: "es-ES", regions: ["es-US"], load: async () => (await import("./es")).es },
  { code: "ja", speech: "ja-JP", load: async () => (await import("./ja")).ja },
  { code: "ar", speech: "ar-XA", load: async () => (await import("./ar")).ar },
  { code: "da", speech: "da-DK" },
  { code: "fi", speech: "fi-FI" },
  { code: "fr", speech: "fr-FR" },
  { code: "hi", speech: "hi-IN" },
  { code: "id", speech: "id-ID" },
  { code: "it", speech: "it-IT" },
  { code: "ko", speech: "ko-KR" },
  { code: "nl", speech: "nl-NL" },
  { code: "pl", speech: "pl-PL" },
  { code: "pt", speech: "pt-BR" },
  { code: "sv", speech: "sv-SE" },
  { code: "tr", speech: "tr-TR" },
  { code: "uk", speech: "uk-UA" },
  { code: "vi", speech: "vi-VN" },
  { code: "zh", speech: "cmn-CN" },
];

const RIGHT_TO_LEFT = new Set(["ar"]);

export function directionOf(code: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.has(code) ? "rtl" : "ltr";
}

/** Return the first of `wanted` (BCP 47) that the page is translated to, else English. */
export function pageLanguage(wanted: readonly string[]): Language {
  const codes = wanted.map((each) => each.toLowerCase().split("-")[0]);
  const found = codes
    .map((code) => LANGUAGES.find((each) => each.load && each.code === code))
    .find((each) => each !== undefined);
  return found ?? (LANGUAGES[0] as Language);
}

/**
 * Return the tag of a language's voice, for a code or for a tag of a browser such as `ar-EG`. A language
 * that is not listed stands for itself.
 */
export function speechTag(wanted: string): string {
  const code = wanted.toLowerCase().split("-")[0];
  const found = LANGUAGES.find((each) => each.code === code);
  return found?.regions?.find((each) => each === wanted) ?? found?.speech ?? wanted;
}
