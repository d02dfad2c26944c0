import { summaryIn } from "../../core/turn/own-words";
import type { ToolRun } from "../../core/turn/turn";
import { locale, t } from "../../i18n";
import { Icon, type IconName } from "../Icon";

/** What the agent looked up or did, in one line, with its result if there is one. */
export function ToolCard({ tool }: { tool: ToolRun }) {
  const kind = kindOf(tool.name);
  const isDone = tool.state === "answered";
  const name = tool.name.replaceAll("_", " ");
  const summary = summaryIn(locale(), tool.name, tool.summary ?? "");
  const words = {
    calendar: t(isDone ? "tool.calendar.done" : "tool.calendar"),
    mail: t(isDone ? "tool.mail.done" : "tool.mail"),
    clock: t(isDone ? "tool.time.done" : "tool.time"),
    tool: t(isDone ? "tool.other.done" : "tool.other", { name }),
  }[kind];
  return (
    <div className={isDone ? "tool" : "tool running"} data-testid="tool">
      <header>
        <Icon name={kind} />
        <span>{words}</span>
      </header>
      {summary && <p className="body">{summary}</p>}
    </div>
  );
}

export function kindOf(tool: string): IconName & ("calendar" | "mail" | "clock" | "tool") {
  if (/mail|message|inbox/iu.test(tool)) return "mail";
  if (/calendar|event|appointment|agenda/iu.test(tool)) return "calendar";
  return /time|clock|date/iu.test(tool) ? "clock" : "tool";
}
