import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { type Catalog, en, type Key } from "../src/i18n/en";
import { LANGUAGES, pageLanguage, speechTag } from "../src/i18n/languages";

const SOURCE = join(import.meta.dirname, "..", "src");
const TRANSLATED = LANGUAGES.filter((each) => each.load);
/** Names, units, and words that are equal in both languages. */
const EQUAL: Record<string, Key[]> = {
  de: ["talking.video", "talking.test.start"],
  es: ["look.no"],
};
const SAME =
  /^(?:app\.name|rail\.label|services\.google|keys\.name\.|bill\.|account\.(?:name|plan))/u;
const SHOWN = new Set(["aria-label", "title", "placeholder", "alt", "label", "hint", "words"]);

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)[},]/gu)].map((each) => each[1] ?? "").sort();
}

describe.each(TRANSLATED)("the words in $code", ({ code, load }) => {
  it("have the same keys and placeholders as in English", async () => {
    const words = (await load?.()) as Catalog;
    expect(Object.keys(words)).toEqual(Object.keys(en));
    for (const key of Object.keys(en) as Key[]) {
      const [found, wanted] = [placeholders(words[key]), placeholders(en[key])];
      expect([key, ...new Set(found)]).toEqual([key, ...new Set(wanted)]);
    }
  });

  it.skipIf(code === "en")("are translated", async () => {
    const words = (await load?.()) as Catalog;
    const left = (Object.keys(en) as Key[]).filter(
      (key) => words[key] === en[key] && !SAME.test(key),
    );
    expect(left).toEqual(EQUAL[code] ?? []);
  });
});

describe("the page's language", () => {
  it.each([
    [["", "fr-FR", "de-AT"], "de"],
    [["ar", "en-US"], "ar"],
    [["", "pt-BR"], "en"],
    [["", "est-EE"], "en"],
  ])("of %j is %s", (wanted, code) => {
    expect(pageLanguage(wanted).code).toBe(code);
  });

  it("names the language of the voice", () => {
    expect(speechTag("ar")).toBe("ar-XA");
    expect(speechTag("en-GB")).toBe("en-GB");
  });

  it.each([
    ["ar-EG", "ar-XA"],
    ["de-AT", "de-DE"],
    ["en-NZ", "en-US"],
    ["zh-TW", "cmn-CN"],
    ["cs-CZ", "cs-CZ"],
  ])("speaks to a browser of %s by the voice of %s", (browser, voice) => {
    expect(speechTag(browser)).toBe(voice);
  });
});

describe("the source of the page", () => {
  const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((each) =>
    each.endsWith(".tsx"),
  );

  it.each(files)("%s has no words outside the catalogues", (name) => {
    const text = readFileSync(join(SOURCE, name), "utf8");
    expect(literals(ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true))).toEqual([]);
  });

  it("uses each key of the catalogues", () => {
    const source = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
      .filter((each) => /\.tsx?$/u.test(each) && !each.includes("i18n"))
      .map((each) => readFileSync(join(SOURCE, each), "utf8"))
      .join("\n");
    const built =
      /^(?:microphone\.(?:denied|none|in_use|failed)|trouble\.|services\.(?:mail|calendar))/u;
    const unused = Object.keys(en).filter(
      (key) => !source.includes(`"${key}"`) && !built.test(key),
    );
    expect(unused).toEqual([]);
  });
});

/** Return the words that a person would see and that are written in the source itself. */
function literals(node: ts.Node): string[] {
  const own = wordsOf(node);
  const found = own !== null && /\p{L}{2}/u.test(own) ? [own.trim()] : [];
  return [...found, ...node.getChildren().flatMap(literals)];
}

function wordsOf(node: ts.Node): string | null {
  if (ts.isJsxText(node)) return node.text;
  if (!ts.isJsxAttribute(node) || !SHOWN.has(node.name.getText())) return null;
  return node.initializer && ts.isStringLiteral(node.initializer) ? node.initializer.text : null;
}
