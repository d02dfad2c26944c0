import { Link, useLocation } from "wouter";
import { initialOf } from "../../core/auth/sign-in";
import { useApp } from "../../hooks/use-app";
import { useValue } from "../../hooks/use-value";
import { t } from "../../i18n";
import { Icon, MarkIcon } from "../Icon";

/** The narrow bar with everything that is not the conversation. */
export function Rail({ onKeys }: { onKeys: () => void }) {
  const { preferences, person } = useApp();
  const { sidebar } = useValue(preferences);
  const [, go] = useLocation();
  return (
    <nav className="rail" id="list" tabIndex={-1} aria-label={t("rail.label")}>
      <MarkIcon />
      <button
        type="button"
        className="ib"
        aria-label={t("rail.new")}
        title={t("rail.new")}
        onClick={() => go("/")}
      >
        <Icon name="plus" />
      </button>
      <button
        type="button"
        className={sidebar ? "ib on" : "ib"}
        aria-label={t("rail.history")}
        title={t("rail.history")}
        aria-expanded={sidebar}
        onClick={() => preferences.choose({ sidebar: !sidebar })}
      >
        <Icon name="list" flip />
      </button>
      <span className="grow" />
      <button
        type="button"
        className="ib keys"
        aria-label={t("rail.keys")}
        title={t("rail.keys")}
        onClick={onKeys}
      >
        <span aria-hidden="true">?</span>
      </button>
      <Link
        className="ib"
        href="/settings/look"
        aria-label={t("rail.settings")}
        title={t("rail.settings")}
      >
        <Icon name="settings" />
      </Link>
      <Link
        className="me"
        href="/settings/account"
        aria-label={t("settings.account")}
        title={t("settings.account")}
      >
        {initialOf(person.name)}
      </Link>
    </nav>
  );
}
