import { describe, expect, it } from "vitest";
import { summaryIn, titleIn } from "../src/core/turn/own-words";

describe("the words of the server's own tools", () => {
  it("are shown as they are in English, and for other tools", () => {
    expect(summaryIn("en-GB", "list_events", "2 events found")).toBe("2 events found");
    expect(summaryIn("de", "my_tool", "2 events found")).toBe("2 events found");
    expect(titleIn("en", "send_mail", "Send a mail to a@b.test")).toBe("Send a mail to a@b.test");
    expect(titleIn("ja", "my_tool", "Do it")).toBe("Do it");
  });

  it("leave their number or name in another language", () => {
    expect(summaryIn("de-DE", "list_events", "2 events found")).toBe("2");
    expect(summaryIn("es", "search_mail", "1 mail found")).toBe("1");
    expect(summaryIn("ar", "read_mail", "Mail from Tom <tom@b.test>")).toBe("Tom <tom@b.test>");
    expect(summaryIn("ja", "send_mail", "Asks before it acts")).toBe("");
    expect(titleIn("de", "move_event", 'Move "Zahnarzt" to Friday 2 May, 15:00')).toBe("Zahnarzt");
    expect(titleIn("de", "send_mail", "Send a mail to a@b.test")).toBe("");
  });
});
