/** The report's own style sheet, beside that of all pages; a constant too. */
import { html } from "../../../core/page/html.ts";

export const REPORT_STYLE = html`
.patterns{position:absolute}
.hero{max-width:none;padding-bottom:2rem}
h1{max-width:50rem;font-size:clamp(1.75rem,1.2rem + 2.4vw,2.75rem);line-height:1.16}
h1 em{font-style:normal;color:var(--tone)}
.subject{margin-top:.7rem;color:var(--muted);font-weight:600}
.lead{max-width:50rem}
.by{max-width:60rem}
.columns.alone{grid-template-columns:minmax(0,1fr);gap:0}

.picture{margin-top:2.2rem}
.share{display:block;width:100%;height:44px;border-radius:8px}
.gap{fill:var(--page)}
.tiles{display:grid;grid-template-columns:repeat(5,minmax(0,1fr));gap:1rem 1.5rem;margin-top:1.1rem}
.tiles .amount{display:block;font-size:1.9rem;font-weight:640;letter-spacing:-.025em;line-height:1.2;font-variant-numeric:tabular-nums}
.tiles .none{color:var(--muted);font-weight:400}
.tiles .what{display:flex;gap:.5rem;font-size:.9375rem;line-height:1.4;font-weight:600}
.tiles .small{display:block;margin-left:1.375rem}
.swatch{margin-top:.2rem}
.picture+.by{margin-top:1.6rem}

.contents{padding-block:.85rem;border-block:1px solid var(--line)}
.contents ul{display:flex;flex-wrap:wrap;gap:.35rem 1.4rem;font-size:.9375rem}
.contents .muted{font-variant-numeric:tabular-nums}

.report>section{margin-top:0;padding-block:2.6rem;border-top:1px solid var(--line)}
.report>section:first-child{border-top:0}
.report h2{margin-bottom:.6rem}
.words{font-size:.9375rem;line-height:1.55}
.words p{text-wrap:wrap}
.words .muted{font-size:.875rem}
.shown{margin-top:1.3rem}
@media (min-width:60rem){
.report>section{display:grid;grid-template-columns:16rem minmax(0,1fr);column-gap:3.5rem}
.words{position:sticky;top:1.5rem;align-self:start}
.shown{margin-top:.15rem}
.report>section:has(>.words:only-child){padding-block:1.5rem}
.words:only-child{grid-column:1/-1;display:grid;grid-template-columns:subgrid}
.words:only-child h2{grid-row:1/span 4;margin:0}
.words:only-child>:not(h2){grid-column:2}
.words:only-child>h2+*{margin-top:.15rem}
}
.shown>*+*,.shown details>table{margin-top:1.4rem}
.shown>.small{margin-top:.9rem}
.group+.group{margin-top:2.2rem}
.group h3{margin-bottom:.5rem}
.group>*+.entries,.group>p+table{margin-top:.8rem}

.entry-head{align-items:center}
.entry-head .version,th .version{font-weight:400;color:var(--muted)}
.entries{font-size:.9375rem}
.entries h3{font-size:1.0625rem}
.evidence{font-size:.875rem}
.evidence a{display:inline-block;max-width:100%}
.purl{margin-left:auto;color:var(--muted);font-size:.8125rem}
.places li{padding-left:1rem;text-indent:-1rem}
.meta .places{margin-top:.2rem}
.meta .places,.where code{color:var(--ink)}
details.places summary{font-size:.875rem}
details.places ul{margin-top:.3rem}

.bars th,.bars td,.list th,.list td,.plain th,.plain td{padding-block:.5rem}
.bars thead th,.list thead th,.plain thead th{padding-block:.1rem .45rem}
.bars tbody th{width:25%;font-weight:500}
.bars .drawn{width:30%}
.bars .figures{width:45%;font-variant-numeric:tabular-nums}
.bar{display:block;width:100%;height:16px;margin-top:.2rem;border-radius:3px}
.track{fill:var(--code)}
.entries .cause{font-weight:600}
.cause::first-letter{text-transform:uppercase}
.word{white-space:nowrap}
.figures b{font-weight:600;color:var(--tone)}
.list tbody th,.plain tbody th{font-weight:500}
.list th:first-child{width:29%}
.list th:last-child,.list td:last-child{width:29%}
.brief th:first-child{width:34%}
.brief th:last-child,.brief td:last-child{width:44%}
.reads th:first-child{width:56%}
.reads th:last-child,.reads td:last-child{width:20%}
.list .where,.plain .where{font-size:.875rem}
.list code,.plain code{font-size:.8125rem}
.overall{margin-top:.3rem}
.overall .tag{display:inline-block}
.report .facts dd{margin-top:.1rem}
.report .facts>div:first-child{padding-top:0;border-top:0}

@media (max-width:44rem){
.tiles{grid-template-columns:minmax(0,1fr);gap:0}
.tiles li{display:grid;grid-template-columns:minmax(0,1fr) 4.5rem 4.5rem;align-items:baseline;padding-block:.5rem;border-top:1px solid var(--line)}
.tiles li:first-child{border-top:0}
.tiles .none{color:var(--muted);font-weight:400}
.tiles .what{grid-column:1;grid-row:1}
.tiles .amount{grid-column:2;grid-row:1;font-size:1.125rem;text-align:right;letter-spacing:0}
.tiles .small{grid-column:3;grid-row:1;margin:0;text-align:right}
.tiles .note{grid-column:1/-1;grid-row:2;margin-left:1.375rem;text-align:left}
.bars,.bars tbody,.bars tr,.bars th,.bars td,.list,.list tbody,.list tr,.list th,.list td{display:block}
.bars thead,.list thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.bars tr,.list tr{padding-block:.8rem;border-top:1px solid var(--line)}
.bars tbody tr:first-child,.list tbody tr:first-child{border-top:0}
.bars tbody th,.bars td,.bars .drawn,.bars .figures,.list th,.list th:first-child,.list td,.list td:last-child{width:auto;padding:0;border:0}
.bars .drawn{margin-block:.3rem}
.list td{margin-top:.3rem}
.entry-head .purl{width:100%;margin-left:0}
}

@page{margin:14mm 13mm}
@media print{
.masthead{padding-block:.8rem}
.contents{display:none}
.report>section{display:block;padding-block:1.4rem}
.shown{margin-top:.8rem}
h1{font-size:20pt}
.lead{font-size:12pt}
.share{height:26px}
.tiles{grid-template-columns:repeat(5,minmax(0,1fr))}
.picture,.bars tr,.list tr,.plain tr,.group>h3+*{break-inside:avoid-page}
.words{position:static;break-after:avoid;break-inside:avoid}
.group>p{break-after:avoid}
.entries>li{padding-block:.6rem}
details summary{display:block;width:auto;font-weight:600;break-after:avoid}
.plain th:last-child,.plain td:last-child{width:50%}
}
`;
