import { useApp } from "../../hooks/use-app";
import { useValue } from "../../hooks/use-value";
import { t } from "../../i18n";
import { ChoiceRow, SwitchRow } from "./controls";

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
    </>
  );
}
