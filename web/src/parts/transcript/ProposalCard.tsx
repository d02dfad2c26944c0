import type { Proposal } from "../../core/api/types";
import { titleIn } from "../../core/turn/own-words";
import type { Entry } from "../../core/turn/transcript";
import { useApp } from "../../hooks/use-app";
import { useNow } from "../../hooks/use-frame";
import { locale, t } from "../../i18n";
import type { Key } from "../../i18n/en";
import { Icon } from "../Icon";
import { kindOf } from "./ToolCard";

const NAMES: Record<string, Key> = {
  to: "proposal.to",
  subject: "proposal.subject",
  title: "proposal.title",
  begins: "proposal.begins",
  ends: "proposal.ends",
};
const IDS = /_id$/u;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/u;
const LONG = new Set(["body", "text", "message", "description"]);

/** Something that is done only after the person has said yes. */
export function ProposalCard({ entry, proposal }: { entry: Entry; proposal: Proposal }) {
  const { api, talk } = useApp();
  const kind = kindOf(proposal.tool);
  const now = useNow(5_000, true);
  const isExpired = api.clock.local(proposal.expires_at) < now;
  const fields = Object.entries(proposal.arguments).filter(
    ([name, value]) => !IDS.test(name) && readable(value) !== "",
  );
  const lead = titleIn(locale(), proposal.tool, proposal.title);
  const title: Key =
    kind === "mail"
      ? "proposal.mail"
      : kind === "calendar"
        ? "proposal.calendar"
        : "proposal.other";
  return (
    <section className="tool" aria-label={t(title)} data-testid="proposal">
      <header>
        <Icon name={kind} />
        <span>{t(title)}</span>
      </header>
      <div className="body mail">
        {lead && <p className="lead">{lead}</p>}
        <dl>
          {fields
            .filter(([name]) => !LONG.has(name))
            .map(([name, value]) => (
              <Field key={name} name={name} value={readable(value)} />
            ))}
        </dl>
        {fields
          .filter(([name]) => LONG.has(name))
          .map(([name, value]) => (
            <p key={name} className="text">
              {readable(value)}
            </p>
          ))}
      </div>
      <div className="asks">
        {isExpired ? (
          <p className="small">{t("proposal.expired")}</p>
        ) : (
          <>
            <div className="acts">
              <button type="button" className="btn main" onClick={() => talk.answer(entry, true)}>
                {t(kind === "mail" ? "proposal.confirm.mail" : "proposal.confirm")}
              </button>
              <button type="button" className="btn plain" onClick={() => talk.answer(entry, false)}>
                {t("proposal.cancel")}
              </button>
            </div>
            <p className="small quiet">{t("proposal.hint")}</p>
          </>
        )}
      </div>
    </section>
  );
}

function Field({ name, value }: { name: string; value: string }) {
  const key = NAMES[name];
  return (
    <>
      <dt>{key ? t(key) : name.replaceAll("_", " ")}</dt>
      <dd>{value}</dd>
    </>
  );
}

function readable(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(readable).join(", ");
  if (typeof value === "string" && MOMENT.test(value))
    return new Date(value).toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short" });
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
