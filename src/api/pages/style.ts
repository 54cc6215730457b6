/** The style sheet of all pages. */
export const STYLE = `:root { color-scheme: light dark; --line: light-dark(#d8dee4, #363c44); --faint: light-dark(#59636e, #9aa4af);
  --code: light-dark(#f3f5f7, #1b2027); --link: light-dark(#0a58ca, #79b0ff); }
body { margin: 0 auto; padding: 1rem 1.25rem 4rem; max-width: 60rem; font: 1rem/1.5 system-ui, sans-serif;
  background: light-dark(#fff, #11151a); color: light-dark(#1c2127, #e4e8ec); }
a { color: var(--link); }
h1 { font-size: 1.8rem; } h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
h3 { margin: 2.5rem 0 .25rem; font-size: 1.1rem; } h4 { margin: 1rem 0 .25rem; font-size: .95rem; }
h2, h3 { scroll-margin-top: 1rem; }
nav ul { columns: 16rem; padding-left: 1.2rem; }
code, pre { font: .875rem/1.45 ui-monospace, Menlo, Consolas, monospace; }
code { overflow-wrap: anywhere; }
pre { padding: .75rem; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--code); border: 1px solid var(--line); border-radius: 6px; }
pre.copy { user-select: all; }
table { width: 100%; border-collapse: collapse; }
caption { text-align: left; color: var(--faint); }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-weight: 600; } td p { margin: 0; }
.faint { color: var(--faint); }
.method { display: inline-block; min-width: 4rem; font-weight: 700; }
summary { cursor: pointer; color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
`;
