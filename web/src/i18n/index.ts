import { setupI18n } from "@lingui/core";
import { compileMessage } from "@lingui/message-utils/compileMessage";
import { part } from "../core/version";
import { en, type Key } from "./en";
import { directionOf, type Language, pageLanguage } from "./languages";

const i18n = setupI18n();
i18n.setMessagesCompiler(compileMessage);
i18n.loadAndActivate({ locale: "en", messages: en });

/** Return the page's language for a choice, or for the browser's languages if nothing is chosen. */
export function languageFor(chosen: string): Language {
  return pageLanguage([chosen, ...navigator.languages]);
}

/** Load the words of a language, and set the direction of the page. */
export async function activate(language: Language): Promise<void> {
  const messages = (language.load && (await part(language.load))) ?? en;
  i18n.loadAndActivate({ locale: language.code, locales: [localeOf(language.code)], messages });
  document.documentElement.lang = language.code;
  document.documentElement.dir = directionOf(language.code);
}

export function t(key: Key, values?: Record<string, string | number>): string {
  return i18n._(key, values);
}

/** Return the locale for dates and numbers: the browser's own region, if it speaks the page's language. */
export function locale(): string {
  return localeOf(i18n.locale);
}

function localeOf(code: string): string {
  return navigator.languages.find((each) => each.split("-")[0] === code) ?? code;
}

/** Return a number in the digits of the page. `digits`: at least as many. */
export function number(value: number, digits = 1): string {
  return value.toLocaleString(locale(), { minimumIntegerDigits: digits });
}

/** Return seconds as minutes and seconds, such as 1:05. */
export function minutes(seconds: number): string {
  return `${number(Math.floor(seconds / 60))}:${number(Math.floor(seconds % 60), 2)}`;
}
