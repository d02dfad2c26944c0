import { useApp } from "../../hooks/use-app";
import { useValue } from "../../hooks/use-value";
import { t } from "../../i18n";
import { LANGUAGES } from "../../i18n/languages";
import { Icon } from "../Icon";
import { LanguagePick, nameOf } from "../LanguagePick";
import { ChoiceRow, Row, SwitchRow } from "./controls";

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
      </div>
      <div className="panel">
        <Row label={<label htmlFor="language">{t("look.language")}</label>}>
          <LanguagePick id="language" className="pick" preferences={preferences} />
        </Row>
        <Row
          label={<label htmlFor="speech">{t("look.speech")}</label>}
          hint={t("look.speech.hint")}
        >
          <select
            id="speech"
            className="pick"
            value={choices.speech}
            onChange={(event) => preferences.choose({ speech: event.target.value })}
          >
            <option value="">{t("look.speech.page")}</option>
            {LANGUAGES.map(({ code }) => (
              <option key={code} value={code}>
                {nameOf(code)}
              </option>
            ))}
          </select>
        </Row>
      </div>
      <Languages />
    </>
  );
}

/** In which languages Oprina can be read, spoken and heard. */
function Languages() {
  return (
    <details className="panel">
      <summary>{t("look.languages")}</summary>
      <table className="languages">
        <thead>
          <tr>
            <th scope="col">{t("look.languages.name")}</th>
            <th scope="col">{t("look.languages.page")}</th>
            <th scope="col">{t("look.languages.spoken")}</th>
            <th scope="col">{t("look.languages.heard")}</th>
          </tr>
        </thead>
        <tbody>
          {LANGUAGES.map(({ code, load }) => (
            <tr key={code}>
              <th scope="row">{nameOf(code)}</th>
              <Can yes={load !== undefined} />
              <Can yes />
              <Can yes />
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function Can({ yes }: { yes: boolean }) {
  return (
    <td>
      {yes && <Icon name="check" />}
      <span className="sr">{t(yes ? "look.yes" : "look.no")}</span>
    </td>
  );
}
