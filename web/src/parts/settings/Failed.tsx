import { t } from "../../i18n";

export function Failed({ again }: { again?: () => void }) {
  return (
    <p className="banner" role="alert">
      {t("settings.failed")}{" "}
      {again && (
        <button type="button" className="link" onClick={again}>
          {t("settings.retry")}
        </button>
      )}
    </p>
  );
}
