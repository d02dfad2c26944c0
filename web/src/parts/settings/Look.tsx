import { useApp } from "../../hooks/use-app";
import { useValue } from "../../hooks/use-value";
import { LANGUAGES, languageFor, locale, t } from "../../i18n";
import { ChoiceRow, Row, SwitchRow } from "./controls";

/** Languages of replies and voices beside those of the page. */
const TALKED = ["en", "de", "es", "fr", "it", "pt", "nl", "ja", "ko", "zh", "hi", "ar"];

export function Look() {
  const { preferences } = useApp();
  const choices = useValue(preferences);
  return (
    <>
      <h1>{t("settings.look")}</h1>
      <div className="panel">
        <ChoiceRow
          label={t("look.theme")}
          value={choices.theme}
          options={[
            ["system", t("look.theme.system")],
            ["light", t("look.theme.light")],
            ["dark", t("look.theme.dark")],
          ]}
          onChange={(theme) => preferences.choose({ theme })}
        />
        <SwitchRow
          label={t("look.captions")}
          hint={t("look.captions.hint")}
          isSelected={choices.captions}
          onChange={(captions) => preferences.choose({ captions })}
        />
        <SwitchRow
          label={t("look.large")}
          isSelected={choices.captionSize === "large"}
          onChange={(on) => preferences.choose({ captionSize: on ? "large" : "usual" })}
        />
        <Row label={<label htmlFor="language">{t("look.language")}</label>}>
          <select
            id="language"
            className="pick"
            value={languageFor(choices.language).code}
            onChange={(event) => preferences.choose({ language: event.target.value })}
          >
            {LANGUAGES.map((each) => (
              <option key={each.code} value={each.code} lang={each.code}>
                {each.name}
              </option>
            ))}
          </select>
        </Row>
      </div>
      <h2>{t("look.languages")}</h2>
      <div className="panel">
        <LanguageTable />
      </div>
    </>
  );
}

function LanguageTable() {
  const names = new Intl.DisplayNames([locale()], { type: "language" });
  const pages = new Set(LANGUAGES.map((each) => each.code));
  return (
    <table className="languages">
      <thead>
        <tr>
          <th scope="col">{t("look.language")}</th>
          <th scope="col">{t("look.page")}</th>
          <th scope="col">{t("look.read")}</th>
          <th scope="col">{t("look.spoken")}</th>
          <th scope="col">{t("look.heard")}</th>
        </tr>
      </thead>
      <tbody>
        {TALKED.map((code) => (
          <tr key={code}>
            <th scope="row">{names.of(code)}</th>
            <td>{t(pages.has(code) ? "look.yes" : "look.no")}</td>
            <td>{t("look.yes")}</td>
            <td>{t("look.yes")}</td>
            <td>{t("look.yes")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
