/** The server's own tools: what they say is English. */
const OWN = new Set([
  "search_mail",
  "read_mail",
  "send_mail",
  "list_events",
  "create_event",
  "move_event",
]);

/** What a tool found, for a page in `language`: elsewhere than in English only its number or name. */
export function summaryIn(language: string, tool: string, summary: string): string {
  if (isShown(language, tool)) return summary;
  return /^\d+(?= (?:mail|event)s? found$)/u.exec(summary)?.[0] ?? after("Mail from ", summary);
}

/** What would be done. In other languages than English the fields of the card say it, and the name here. */
export function titleIn(language: string, tool: string, title: string): string {
  if (isShown(language, tool)) return title;
  return tool === "move_event" ? (/"(.+)"/u.exec(title)?.[1] ?? "") : "";
}

function isShown(language: string, tool: string): boolean {
  return language.split("-")[0] === "en" || !OWN.has(tool);
}

function after(beginning: string, text: string): string {
  return text.startsWith(beginning) ? text.slice(beginning.length) : "";
}
