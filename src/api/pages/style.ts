/** The style sheet of all pages. */
export const STYLE = `:root { color-scheme: light dark; --line: light-dark(#d8dee4, #363c44); --faint: light-dark(#59636e, #9aa4af);
  --code: light-dark(#f3f5f7, #1b2027); --link: light-dark(#0a58ca, #79b0ff); --page: light-dark(#fff, #11151a);
  --get: light-dark(#0a58ca, #79b0ff); --post: light-dark(#1a7037, #6fce8c); --put: light-dark(#8a5300, #e5b567);
  --delete: light-dark(#b3261e, #ff9d94); }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0 auto; padding: 1rem 1.25rem 4rem; max-width: 52rem; font: 1rem/1.5 system-ui, sans-serif;
  background: var(--page); color: light-dark(#1c2127, #e4e8ec); overflow-wrap: break-word; }
a { color: var(--link); }
h1 { margin: 1rem 0 .5rem; font-size: 1.8rem; line-height: 1.2; }
h2 { margin: 3.5rem 0 0; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 1.5rem; }
h3 { margin: 2.75rem 0 .25rem; font-size: 1.15rem; } h4 { margin: 1.5rem 0 .25rem; font-size: .95rem; }
h3 a { color: inherit; text-decoration: none; } h3 a:hover { text-decoration: underline; }
p { margin: .5rem 0; }
code, pre { font: .875rem/1.45 ui-monospace, Menlo, Consolas, monospace; }
code { overflow-wrap: anywhere; }
pre { margin: .75rem 0; padding: .75rem; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--code); border: 1px solid var(--line); border-radius: 6px; }
pre.copy { user-select: all; }
.path { display: flex; flex-wrap: wrap; gap: 0 .75rem; align-items: baseline; }
.method { font-weight: 700; color: var(--put); }
.get { color: var(--get); } .post { color: var(--post); } .delete { color: var(--delete); }
.faint { color: var(--faint); font-size: .9rem; }
.name { font-weight: 700; margin-right: .35rem; }
ul.fields { margin: .25rem 0; padding: 0; list-style: none; border-top: 1px solid var(--line); }
ul.fields > li { padding: .45rem 0; border-bottom: 1px solid var(--line); }
ul.fields p { margin: 0; }
ul.fields ul.fields { margin: .4rem 0 .1rem; padding-left: 1rem; border-top: 0; border-left: 2px solid var(--line); }
ul.fields ul.fields > li:last-child { border-bottom: 0; }
ul.fields > li.answer { display: grid; grid-template-columns: 3.25rem minmax(0, 1fr); }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: inherit; }
thead th { font-weight: 600; }
summary { cursor: pointer; color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
nav ul { margin: 0; padding: 0; list-style: none; }
nav > ul { columns: 9rem; margin: 1rem 0; }
nav ul ul { display: none; }
@media (max-width: 40rem) {
  thead { display: none; }
  tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  th, td { display: block; padding: 0; border: 0; }
}
@media (min-width: 72rem) {
  body.aside { max-width: 78rem; padding-left: 21rem; }
  nav { position: fixed; inset: 0 auto 0 max(0px, 50vw - 39rem); width: 19rem; padding: 1.25rem; overflow-y: auto; font-size: .9rem; border-right: 1px solid var(--line); }
  nav > ul { columns: auto; margin: 0; }
  nav > ul > li { margin-bottom: .75rem; }
  nav ul ul { display: block; padding-left: .75rem; }
  nav a { color: inherit; text-decoration: none; } nav a:hover { text-decoration: underline; }
  nav > ul > li > a { font-weight: 600; }
}
`;
