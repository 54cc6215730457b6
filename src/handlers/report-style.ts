/** The page's style sheet: it follows the reader's light or dark, and prints. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --paper: #fff; --stripe: #f5f7fa; --rule: #dde3ea; --bar: #2563b8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaf0; --soft: #9aa6b5; --paper: #12161c; --stripe: #1a2029; --rule: #2c3541; --bar: #6aa5f0; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2.5rem 1.25rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
p { margin: 0.4rem 0; color: var(--soft); }
figure { margin: 2rem 0; }
figcaption, caption { padding-bottom: 0.6rem; font-weight: 600; text-align: left; overflow-wrap: anywhere; }
svg { display: block; width: 100%; min-width: 34rem; height: auto; fill: var(--ink); font: 12px system-ui, sans-serif; }
svg rect, svg circle { fill: var(--bar); }
svg path { fill: none; stroke: var(--bar); stroke-width: 2; stroke-linejoin: round; }
svg .grid { stroke: var(--rule); }
svg .axis { stroke: var(--soft); }
svg .tick, svg .value { fill: var(--soft); font-size: 11px; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.4rem 0.75rem; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top;
  unicode-bidi: isolate; }
thead th { border-bottom: 2px solid var(--soft); white-space: nowrap; }
tbody th { min-width: 7rem; font-weight: 400; overflow-wrap: anywhere; }
tbody tr:nth-child(even) { background: var(--stripe); }
.number { text-align: right; white-space: nowrap; }
.none { color: var(--soft); }
`;
