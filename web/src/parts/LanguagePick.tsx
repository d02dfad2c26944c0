import type { Preferences } from "../core/store/preferences";
import { useValue } from "../hooks/use-value";
import { languageFor, locale, t } from "../i18n";
import { LANGUAGES } from "../i18n/languages";

interface Props {
  preferences: Preferences;
  className: string;
  id?: string;
}

/** The language of the page. With `id`, in the settings, the browser's language is a choice of its own. */
export function LanguagePick({ preferences, className, id }: Props) {
  const { language } = useValue(preferences);
  return (
    <select
      id={id}
      className={className}
      aria-label={id ? undefined : t("welcome.language")}
      value={language || (id ? "" : languageFor("").code)}
      onChange={(event) => preferences.choose({ language: event.target.value })}
    >
      {id && <option value="">{t("look.language.browser")}</option>}
      {LANGUAGES.filter((each) => each.load).map(({ code }) => (
        <option key={code} value={code} lang={code}>
          {nameOf(code, code)}
        </option>
      ))}
    </select>
  );
}

/** Return the name of a language, in the language `within`. */
export function nameOf(code: string, within: string = locale()): string {
  const name = new Intl.DisplayNames([within], { type: "language" }).of(code) ?? code;
  return name.charAt(0).toLocaleUpperCase(within) + name.slice(1);
}
