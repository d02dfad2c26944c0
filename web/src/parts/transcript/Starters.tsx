import { useApp } from "../../hooks/use-app";
import { t } from "../../i18n";
import type { Key } from "../../i18n/en";

const IDEAS: Key[] = ["start.calendar", "start.plan", "start.story"];

/** Messages to begin with, each sent by one press. */
export function Starters() {
  const { talk } = useApp();
  return (
    <ul className="starters" aria-label={t("start.label")}>
      {IDEAS.map((idea) => (
        <li key={idea}>
          <button type="button" className="starter" onClick={() => talk.say(t(idea))}>
            {t(idea)}
          </button>
        </li>
      ))}
    </ul>
  );
}
