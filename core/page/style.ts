/** The pages' one style sheet, a constant: the content security policy names its digest. */
import { type Colours, DARK, LIGHT } from "./colours.ts";
import { html, type Markup } from "./html.ts";

function variables(colours: Colours): Markup {
  return html`${Object.entries(colours).map(([name, value]) => html`--${name}:${value};`)}`;
}

export const STYLE = html`
:root{color-scheme:light dark;${variables(LIGHT)}
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","Liberation Sans",Arial,sans-serif;
--mono:ui-monospace,"SF Mono",SFMono-Regular,Menlo,"Cascadia Mono",Consolas,"Liberation Mono",monospace;
--tone:var(--muted);--soft:var(--code);--mark:var(--muted)}
@media (prefers-color-scheme:dark){:root{${variables(DARK)}}}
.blocked{--tone:var(--blocked);--soft:var(--blockedSoft);--mark:var(--blockedMark)}
.held{--tone:var(--held);--soft:var(--heldSoft);--mark:var(--heldMark)}
.stripped{--tone:var(--stripped);--soft:var(--strippedSoft);--mark:var(--strippedMark)}
.allowed{--tone:var(--allowed);--soft:var(--allowedSoft);--mark:var(--allowedMark)}
.neutral{--tone:var(--muted);--soft:var(--code);--mark:var(--muted)}

*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:1.5rem}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.6 var(--sans);overflow-wrap:anywhere}
h1,h2,h3,p,ul,ol,dl,dd,pre,figure,table{margin:0;padding:0}
h1,h2,h3{line-height:1.25;text-wrap:balance}
p{text-wrap:pretty}
ul,ol{list-style:none}
a{color:var(--link);text-decoration-thickness:1px;text-underline-offset:.2em}
a:hover{text-decoration-thickness:2px}
svg{flex:none}
code,pre{font-family:var(--mono);font-size:.875em;font-variant-ligatures:none}
pre code{font-size:1em}
bdi{unicode-bidi:isolate}
:focus-visible{outline:3px solid var(--link);outline-offset:3px;border-radius:3px}
main:focus{outline:none}
a,button,summary{scroll-margin-block:1.5rem}
.visually-hidden{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:1rem;top:-6rem;padding:.6rem 1rem;background:var(--button);color:var(--onButton);border-radius:0 0 6px 6px;z-index:1}
.skip:focus{top:0}

.tape{height:9px;background:repeating-linear-gradient(-55deg,var(--mark) 0 15px,var(--soft) 15px 30px)}
.tape.allowed,.tape.neutral{height:5px;background:var(--mark)}
.frame{max-width:69rem;margin:0 auto;padding:0 1.25rem}
.masthead{display:flex;justify-content:space-between;align-items:center;gap:1rem;padding-block:1.1rem}
.brand{display:flex;align-items:center;gap:.55rem;font-weight:650;letter-spacing:-.01em}
.masthead .what{color:var(--muted);font-size:.875rem}

.hero{padding-block:1.6rem 2.2rem;max-width:54rem}
.status{display:inline-flex;align-items:center;gap:.45rem;margin-bottom:.9rem;padding:.25rem .75rem .25rem .55rem;border-radius:99px;background:var(--soft);color:var(--tone);font-size:.9375rem;font-weight:650;letter-spacing:0;line-height:1.5}
h1{font-size:clamp(1.9rem,1.35rem + 2.4vw,3rem);font-weight:680;letter-spacing:-.025em;line-height:1.12}
h1 .name{display:block}
h1 .version{font-weight:380;color:var(--muted);letter-spacing:-.015em}
.identity{margin-top:.65rem;color:var(--muted);font:.875rem/1.5 var(--mono)}
.lead{margin-top:1.3rem;font-size:clamp(1.125rem,1.05rem + .35vw,1.3rem);line-height:1.5}
.by{margin-top:.7rem;color:var(--muted);font-size:.9375rem}
.by strong{color:var(--ink);font-weight:600}

.columns{display:grid;grid-template-columns:minmax(0,1fr);gap:3rem;padding-bottom:3rem}
@media (min-width:60rem){.columns{grid-template-columns:minmax(0,1fr) 18.5rem;gap:4rem}}
.columns.alone{grid-template-columns:minmax(0,54rem)}
.columns>*{min-width:0}
section+section{margin-top:2.75rem}
h2{font-size:1.3125rem;font-weight:650;letter-spacing:-.012em;margin-bottom:.8rem}
h3{font-size:1rem;font-weight:650}
section p+p,section p+.command,section .command+p{margin-top:.8rem}
.command+.command{margin-top:.4rem}
.muted{color:var(--muted)}
.small{font-size:.875rem}

.first{padding:1.35rem 1.4rem 1.45rem;background:var(--raised);border:1px solid var(--line);border-radius:10px}
.first+section{margin-top:2.25rem}
.command{display:flex;align-items:stretch;background:var(--code);border-radius:7px;overflow:hidden}
.command code{flex:1;min-width:0;padding:.75rem .95rem;font-size:.9375rem;line-height:1.5}
.command code span{display:inline-block;max-width:100%}
.command code::before{content:"$ ";color:var(--muted);user-select:none}
.copy{flex:none;padding:0 .95rem;border:0;border-left:1px solid var(--line);background:transparent;color:var(--link);font:600 .875rem var(--sans);cursor:pointer}
.copy:hover{background:var(--line)}
.copy:focus-visible{outline-offset:-3px}
.copy[hidden]{display:none}
.others{margin-top:.85rem;color:var(--muted);font-size:.9375rem}
.others code{color:var(--ink)}
.button{display:inline-flex;align-items:center;gap:.5rem;padding:.65rem 1.15rem;border-radius:7px;background:var(--button);color:var(--onButton);font-weight:600;text-decoration:none}
.button:hover{text-decoration:underline;text-decoration-thickness:1px}
.asking{display:flex;flex-wrap:wrap;align-items:center;gap:.6rem 1rem;margin-top:1rem}
.host{color:var(--muted);font-size:.875rem;font-weight:400}
.host::before{content:"("}
.host::after{content:")"}
.label{margin-top:1.1rem;margin-bottom:.4rem;color:var(--muted);font-size:.875rem}

.clock{margin-top:1.5rem}
.clock svg{display:block;width:100%;height:14px;margin-bottom:.5rem;overflow:visible}
.clock ol{display:flex;justify-content:space-between;gap:1rem;font-size:.875rem;color:var(--muted)}
.clock li:last-child{text-align:right;color:var(--ink)}
.clock b{display:block;color:var(--ink);font-weight:650}

details{margin-top:.9rem}
summary{cursor:pointer;width:fit-content;color:var(--link);font-size:.9375rem;border-radius:3px}
summary:hover{text-decoration:underline;text-underline-offset:.2em}
details>:not(summary){margin-top:.65rem}
pre{padding:.9rem 1rem;background:var(--code);border-radius:7px;white-space:pre-wrap;line-height:1.55;tab-size:2}
.source{display:flex;background:var(--code);border-radius:7px;overflow:hidden}
.source pre{flex:1;min-width:0;border-radius:0}
.source .line{padding:.9rem 0 .9rem .95rem;color:var(--muted);font:.875rem/1.55 var(--mono);user-select:none}
.hidden-character{padding:0 .25em;border-radius:3px;background:var(--heldSoft);color:var(--held);font:600 .75em var(--mono)}
.omitted{color:var(--muted);font-style:italic}

.entries>li{padding-block:1.1rem;border-top:1px solid var(--line)}
.entries>li:first-child{padding-top:.2rem;border-top:0}
p+.entries{margin-top:.7rem}
.entries+.small{margin-top:1.1rem}
.entries>li:last-child{padding-bottom:0}
.entry-head{display:flex;flex-wrap:wrap;align-items:baseline;gap:.3rem .7rem}
.entries p{margin-top:.35rem}
.entries p.meta{margin-top:.5rem}
.tag{flex:none;padding:.08rem .5rem;border-radius:4px;background:var(--soft);color:var(--tone);font-size:.8125rem;font-weight:650;white-space:nowrap}
.meta{color:var(--muted);font-size:.875rem}
.meta a{color:inherit}
.rating{display:inline-block}
.rating::first-letter,.failure::first-letter{text-transform:uppercase}
h3+pre{margin-top:.55rem}

table{width:100%;border-collapse:collapse;font-size:.9375rem;line-height:1.5}
caption{text-align:left;color:var(--muted);font-size:.9375rem;padding-bottom:.6rem}
th,td{text-align:left;vertical-align:top;padding:.6rem 1rem .6rem 0;border-top:1px solid var(--line)}
th:last-child,td:last-child{padding-right:0}
thead th{border-top:0;color:var(--muted);font-size:.8125rem;font-weight:600;padding-block:.2rem .4rem}
tbody th{font-weight:600}
.was{color:var(--muted)}
.releases tbody th{min-width:6.5rem;font-family:var(--mono);font-size:.875rem}
.releases .state{white-space:nowrap}
.releases td:last-child{width:55%}
@media (max-width:38rem){
.releases,.releases tbody,.releases tr,.releases th,.releases td,.releases caption{display:block}
.releases thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.releases tr{padding-block:.9rem;border-top:1px solid var(--line)}
.releases th,.releases td{padding:0;border:0}
.releases td,.releases td:last-child{width:auto;margin-top:.35rem}
.releases td:empty{display:none}
.changes th,.changes td{padding-right:.7rem}
}
.versions{display:flex;flex-wrap:wrap;gap:.4rem .9rem;font:.875rem/1.6 var(--mono)}

aside h2{font-size:1rem;margin-bottom:.55rem}
aside section+section{margin-top:2rem}
.facts{font-size:.9375rem}
.facts>div{padding-block:.5rem;border-top:1px solid var(--line)}
.facts dt{color:var(--muted);font-size:.8125rem;line-height:1.4}
.facts dd{line-height:1.45}
.facts dd+dd{margin-top:.25rem}
.alarm{color:var(--tone);font-weight:600}
.digest{font:.8125rem/1.5 var(--mono);color:var(--muted)}
.files>li{margin-top:.8rem}
.colophon{padding-block:1.3rem 2.5rem;font-size:.875rem}
.colophon::before{content:"";display:block;margin-bottom:1.3rem;border-top:1px solid var(--line)}
@media (min-width:44rem){
.calm{grid-template-columns:minmax(0,1fr);gap:2.5rem}
.calm .first{max-width:44rem}
.calm aside{display:grid;grid-template-columns:minmax(0,1.75fr) minmax(0,1fr);gap:2rem 4rem}
.calm aside section+section{margin-top:0}
.calm #release+.facts{columns:2;column-gap:4rem}
.calm .facts>div{break-inside:avoid}
}

@media print{
:root{${variables({ ...LIGHT, page: "#ffffff", code: "#f5f5f5" })}}
body{font-size:10pt}
.copy,.skip{display:none}
.frame{max-width:none;padding:0}
.columns{display:block}
aside{margin-top:2rem}
.button{padding:0;background:none;color:var(--link);text-decoration:underline}
details::details-content{content-visibility:visible;display:block;height:auto}
summary{color:var(--ink);list-style:none}
.tape,.status,.tag,pre,.command,.source,.clock svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.entries>li,tr,.command,.first{break-inside:avoid}
h2,h3{break-after:avoid}
main a[href^="http"]::after{content:" <" attr(href) ">";font-size:.8em;color:var(--muted)}
main a[href^="http"]+.host{display:none}
main a.button::after{content:none}
main a.button+.host{display:inline}
}
`;
