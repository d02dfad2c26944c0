import type { Summary } from "../../core/api/types";
import { locale, t } from "../../i18n";

const DAY_MS = 86_400_000;

/** Return the conversations in groups: today, yesterday, last week, then by month. */
export function byDay(conversations: Summary[], now = new Date()): [string, Summary[]][] {
  const groups = new Map<string, Summary[]>();
  for (const each of conversations) {
    const title = groupOf(new Date(each.updated_at), now);
    groups.set(title, [...(groups.get(title) ?? []), each]);
  }
  return [...groups];
}

function groupOf(date: Date, now: Date): string {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const days = Math.ceil((midnight - date.getTime()) / DAY_MS);
  if (days <= 0) return t("history.today");
  if (days === 1) return t("history.yesterday");
  if (days <= 7) return t("history.week");
  return date.toLocaleDateString(locale(), { month: "long", year: "numeric" });
}

/** Return the time of today, the weekday of last week, or the date. */
export function shortTime(iso: string, now = new Date()): string {
  const date = new Date(iso);
  const age = now.getTime() - date.getTime();
  if (date.toDateString() === now.toDateString())
    return date.toLocaleTimeString(locale(), { hour: "numeric", minute: "2-digit" });
  if (age < 7 * DAY_MS) return date.toLocaleDateString(locale(), { weekday: "short" });
  return date.toLocaleDateString(locale(), { day: "numeric", month: "short" });
}
