// HTML put together so that foreign text cannot become markup. spec/05-page.md#entry
import { escapeText } from "../ui/escape.js";

/** HTML that only the `html` tag makes. */
export class Markup {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** The template with its values escaped; values that are markup stand as they are. */
  static of(parts: TemplateStringsArray, ...values: readonly Insertable[]): Markup {
    return new Markup(parts.map((part, i) => (i === 0 ? "" : insert(values[i - 1] as Insertable)) + part).join(""));
  }

  toString(): string {
    return this.#text;
  }
}

/** What may stand in a template. */
export type Insertable = string | Markup | readonly Markup[];

/** Makes markup: text in `${}` is escaped for HTML, and control and bidi characters are shown, never sent. */
export const html = Markup.of;

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function insert(value: Insertable): string {
  if (typeof value === "string") return escapeText(value).replaceAll(/[&<>"']/g, (char) => entities[char] as string);
  return value instanceof Markup ? value.toString() : value.join("");
}
