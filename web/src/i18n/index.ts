import { setupI18n } from "@lingui/core";
import { compileMessage } from "@lingui/message-utils/compileMessage";
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
  const messages = (await language.load?.()) ?? en;
  i18n.loadAndActivate({ locale: language.code, messages });
  document.documentElement.lang = language.code;
  document.documentElement.dir = directionOf(language.code);
}

export function t(key: Key, values?: Record<string, string | number>): string {
  return i18n._(key, values);
}

/** Return the locale for dates and numbers: the browser's own region, if it speaks the page's language. */
export function locale(): string {
  const region = navigator.languages.find((each) => each.split("-")[0] === i18n.locale);
  return region ?? i18n.locale;
}
