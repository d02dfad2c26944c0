import { type ComponentType, useEffect } from "react";
import { Link, useLocation } from "wouter";
import { useWayBack } from "../hooks/use-way-back";
import { t } from "../i18n";
import type { Key } from "../i18n/en";
import { Face } from "../parts/face/Face";
import { Icon, type IconName } from "../parts/Icon";
import { AccountView } from "../parts/settings/AccountView";
import { Look } from "../parts/settings/Look";
import { Services } from "../parts/settings/Services";
import { Talking } from "../parts/settings/Talking";
import { UsageView } from "../parts/settings/UsageView";

const PAGES: Record<string, { title: Key; icon: IconName; view: ComponentType }> = {
  look: { title: "settings.look", icon: "face", view: Look },
  talking: { title: "settings.talking", icon: "wave", view: Talking },
  services: { title: "settings.services", icon: "link", view: Services },
  usage: { title: "settings.usage", icon: "bars", view: UsageView },
  account: { title: "settings.account", icon: "person", view: AccountView },
};

export default function SettingsPage({ page }: { page: string }) {
  const [, go] = useLocation();
  const back = useWayBack();
  const found = PAGES[page];
  useEffect(() => {
    if (!found) go("/settings/look", { replace: true });
  }, [found, go]);
  useEffect(() => {
    if (found) document.title = `${t(found.title)} - ${t("app.name")}`;
  }, [found]);
  if (!found) return null;
  const View = found.view;
  return (
    <div className="set">
      <nav aria-label={t("settings.title")}>
        <Link className="back" href={back}>
          <span className="mini" aria-hidden="true">
            <Face state="idle" label="" viewBox="40 40 320 320" />
          </span>
          {t("settings.back")}
        </Link>
        {Object.entries(PAGES).map(([name, each]) => (
          <Link
            key={name}
            href={`/settings/${name}`}
            className={name === page ? "on" : ""}
            aria-current={name === page ? "page" : undefined}
          >
            <Icon name={each.icon} />
            {t(each.title)}
          </Link>
        ))}
      </nav>
      <main>
        <View />
      </main>
    </div>
  );
}
