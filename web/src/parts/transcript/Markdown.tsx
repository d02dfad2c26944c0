import { lexer, type Token, type Tokens } from "marked";
import { Fragment, memo, type ReactNode } from "react";

const ENTITIES: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  nbsp: "\u00a0",
  "#39": "'",
};

/** Markdown as React nodes. HTML in it is shown as text, and links go to the web or to a mail only. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return <>{blocks(lexer(text))}</>;
});

function blocks(tokens: readonly Token[]): ReactNode[] {
  return tokens.map((token, index) => <Fragment key={index}>{block(token)}</Fragment>);
}

function block(token: Token): ReactNode {
  switch (token.type) {
    case "space":
      return null;
    case "heading":
      return <p className="heading">{inline(token.tokens)}</p>;
    case "paragraph":
      return <p>{inline(token.tokens)}</p>;
    case "code":
      return (
        // A long line scrolls, so the block must be reachable by keyboard.
        <pre tabIndex={0}>
          <code>{(token as Tokens.Code).text}</code>
        </pre>
      );
    case "blockquote":
      return <blockquote>{blocks(token.tokens ?? [])}</blockquote>;
    case "list":
      return list(token as Tokens.List);
    case "table":
      return table(token as Tokens.Table);
    case "checkbox":
      return (token as Tokens.Checkbox).checked ? "\u2611 " : "\u2610 ";
    case "hr":
      return <hr />;
    case "text":
      return token.tokens ? inline(token.tokens) : token.raw;
    default:
      return <p>{token.raw}</p>;
  }
}

function list(token: Tokens.List): ReactNode {
  const items = token.items.map((item, index) => (
    <li key={index} className={item.task ? "task" : undefined}>
      {blocks(item.tokens)}
    </li>
  ));
  const start = typeof token.start === "number" ? token.start : 1;
  return token.ordered ? <ol start={start}>{items}</ol> : <ul>{items}</ul>;
}

function table(token: Tokens.Table): ReactNode {
  return (
    <div className="scroll" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {token.header.map((cell, index) => (
              <th key={index}>{inline(cell.tokens)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column}>{inline(cell.tokens)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inline(tokens: readonly Token[] | undefined): ReactNode[] {
  return (tokens ?? []).map((token, index) => <Fragment key={index}>{span(token)}</Fragment>);
}

function span(token: Token): ReactNode {
  switch (token.type) {
    case "strong":
      return <strong>{inline(token.tokens)}</strong>;
    case "em":
      return <em>{inline(token.tokens)}</em>;
    case "del":
      return <del>{inline(token.tokens)}</del>;
    case "codespan":
      return <code>{(token as Tokens.Codespan).text}</code>;
    case "br":
      return <br />;
    case "link":
      return link((token as Tokens.Link).href, inline(token.tokens));
    case "image":
      return link((token as Tokens.Image).href, (token as Tokens.Image).text || token.raw);
    case "escape":
      return (token as Tokens.Escape).text;
    case "text":
      return token.tokens ? inline(token.tokens) : decoded(token.raw);
    default:
      return token.raw;
  }
}

/** Return text with the entities that writers of Markdown use, as the characters that they name. */
function decoded(text: string): string {
  return text.replace(
    /&(amp|lt|gt|quot|nbsp|#39);/gu,
    (all, name: string) => ENTITIES[name] ?? all,
  );
}

function link(href: string, words: ReactNode): ReactNode {
  if (!/^(?:https?:\/\/|mailto:)/iu.test(href)) return words;
  return (
    <a className="link" href={href} target="_blank" rel="noopener noreferrer">
      {words}
    </a>
  );
}
