import { setupI18n } from "@lingui/core";
import { compileMessage } from "@lingui/message-utils/compileMessage";
import { type Catalog, en, type Key } from "./en";

/** A language of the page. `spoken` and `heard` say what the services of a deployment can do by default. */
export interface PageLanguage {
  code: string;
  name: string;
  dir: "ltr" | "rtl";
  load: () => Promise<Catalog>;
}

export const LANGUAGES: readonly PageLanguage[] = [
  { code: "en", name: "English", dir: "ltr", load: async () => en },
];

const i18n = setupI18n();
i18n.setMessagesCompiler(compileMessage);
i18n.loadAndActivate({ locale: "en", messages: en });

/** Return the page's language for a choice, or for the browser's languages if nothing is chosen. */
export function languageFor(chosen: string): PageLanguage {
  for (const wanted of [chosen, ...navigator.languages]) {
    const found = LANGUAGES.find((each) => wanted.toLowerCase().startsWith(each.code));
    if (found) return found;
  }
  return LANGUAGES[0] as PageLanguage;
}

/** Load the words of a language, and set the direction of the page. */
export async function activate(language: PageLanguage): Promise<void> {
  const messages = await language.load();
  i18n.loadAndActivate({ locale: language.code, messages });
  document.documentElement.lang = language.code;
  document.documentElement.dir = language.dir;
}

export function t(key: Key, values?: Record<string, string | number>): string {
  return i18n._(key, values);
}

export function locale(): string {
  return i18n.locale;
}
