// How a report looks on a screen and on A4 paper. Verdicts are told apart by words and lines; colour comes on top.
import { html, type Markup } from "./markup.js";

/** The style sheet; `footer` stands on every printed page. */
export function styleSheet(footer: string): Markup {
  return html`<style>
:root { color-scheme: light dark; --text: #1b1b1b; --soft: #4c4c4c; --line: #b9b9b9; --ground: #fff; --band: #f1f1ef;
  --good: #14532d; --warn: #7a3e00; --bad: #8f1313; }
@media screen and (prefers-color-scheme: dark) {
  :root { --text: #e8e6e1; --soft: #b5b2ab; --line: #55534f; --ground: #191918; --band: #262624; --good: #86d9a3; --warn: #f0b26a; --bad: #ff9a94; }
}
* { box-sizing: border-box; }
html { font-size: 15px; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 62rem; color: var(--text); background: var(--ground);
  font: 1rem/1.45 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }
h1 { margin: 0 0 .2rem; font-size: 1.6rem; line-height: 1.2; }
h2 { margin: 2.2rem 0 .6rem; padding-bottom: .2rem; border-bottom: 2px solid var(--text); font-size: 1.15rem; break-after: avoid; }
p { margin: .5rem 0; }
ul { margin: .5rem 0; padding-left: 1.2rem; }
li { margin: .2rem 0; break-inside: avoid; }
code, .path { font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .92em; }
code, .path, td, dd, p, li { overflow-wrap: anywhere; }
.path, dd, td { unicode-bidi: isolate; }
.name { margin: 0; font-size: 1.1rem; overflow-wrap: anywhere; }
.print { margin: 1rem 0 0; padding: .7rem .9rem; background: var(--band); border-left: 4px solid var(--text); }
.print strong { display: block; font-size: .85rem; font-weight: 600; color: var(--soft); }
.print code { font-size: 1.02rem; line-height: 1.6; overflow-wrap: normal; }
table { width: 100%; margin: .6rem 0; table-layout: fixed; border-collapse: collapse; font-size: .93rem; }
caption { padding: .2rem 0; text-align: left; font-weight: 600; color: var(--soft); }
th, td { padding: .35rem .6rem .35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
thead th { border-bottom: 1.5px solid var(--text); font-size: .85rem; }
dl { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: .25rem 1rem; margin: .6rem 0; }
dt { color: var(--soft); }
dd { margin: 0; }
.mark { display: inline-block; min-width: 8.2rem; padding: .1rem .5rem; border: 1.5px solid; text-align: center; font-weight: 700; white-space: nowrap; }
.good { color: var(--good); border-style: solid; }
.plain { color: var(--text); border-style: dotted; }
.warn { color: var(--warn); border-style: dashed; }
.bad { color: var(--bad); border: 4px double; }
.verdicts .facts { display: block; }
.verdicts th:nth-child(1) { width: 8.5rem; }
.verdicts th:nth-child(2) { width: 9.6rem; }
.problems th:nth-child(1) { width: 27%; }
.problems th:nth-child(3) { width: 30%; }
.statements th:nth-child(1) { width: 10rem; }
.statements th:nth-child(2) { width: 6rem; }
.statements th:nth-child(4) { width: 11.5rem; }
.attributes th:nth-child(1) { width: 14rem; }
.meaning, .digest { color: var(--soft); }
.digest, .trouble { display: block; font-size: .82rem; font-weight: 400; }
.trouble { margin: .2rem 0; padding-left: .5rem; border-left: 3px solid var(--bad); color: var(--bad); font-weight: 600; }
.entries th:nth-child(1) { width: 3.4rem; }
.entries th:nth-child(3) { width: 5.5rem; }
.entries th:nth-child(4) { width: 6.6rem; }
.entries th:nth-child(5) { width: 6.8rem; }
.entries th[scope=row] { font-weight: 400; }
.entries .path { font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
th.number, td.number { padding-right: 1rem; }
.group { break-after: avoid; }
.group th { padding-top: 1rem; font-weight: 700; }
.note { font-style: italic; color: var(--soft); }
tr, dt, dd { break-inside: avoid; }
thead { display: table-header-group; }
@page { size: A4; margin: 16mm 15mm 20mm;
  @bottom-left { content: "${footer}"; font: 6.5pt "DejaVu Sans Mono", Menlo, Consolas, monospace; color: #444; }
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #444; } }
@media print {
  :root { color-scheme: light; --text: #000; --soft: #333; --line: #999; --ground: #fff; --band: #f1f1ef; --good: #0b3d20; --warn: #5c2e00; --bad: #7a0f0f; }
  html { font-size: 9pt; }
  body { max-width: none; padding: 0; }
  h2 { margin-top: 1.6rem; }
  .digest { font-size: 7pt; }
}
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; }
  .statements th:nth-child(n), .problems th:nth-child(n), .verdicts th:nth-child(2) { width: auto; } .mark { min-width: 0; white-space: normal; } }
</style>`;
}
