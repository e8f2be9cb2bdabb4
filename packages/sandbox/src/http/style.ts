/** How every page of the sandbox looks. */
export const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; }
header { padding: .6rem 1.5rem; background: #5b3b00; color: #fff; }
main { max-width: 62rem; margin: 0 auto; padding: 1rem 1.5rem 3rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .75rem 0; }
h2 { font-size: 1.1rem; margin: 1.75rem 0 .5rem; }
a { color: light-dark(#0550ae, #79b8ff); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; }
code, pre { font: 13px/1.5 ui-monospace, monospace; }
pre { padding: .75rem; border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; }
pre.text { white-space: pre-wrap; font-family: inherit; font-size: 15px; }
button { font: inherit; padding: .35rem .9rem; border-radius: 6px; border: 1px solid var(--line); cursor: pointer; }
button.main { background: #1a7f37; border-color: #1a7f37; color: #fff; }
.state { display: inline-block; padding: .1rem .6rem; border: 1px solid var(--line); border-radius: 1rem; font-weight: 600; }
.muted { opacity: .75; }
.added { background: light-dark(#dafbe1, #12381f); }
.removed { background: light-dark(#ffebe9, #4a1a1d); }
.hunk { opacity: .75; }
.diff span { display: block; }
.lines td { border: 0; padding: 0 .75rem 0 0; white-space: pre-wrap; font: 13px/1.5 ui-monospace, monospace; }
.lines td:first-child { width: 1%; text-align: right; user-select: none; }
.lines tr:target { background: light-dark(#fff8c5, #4a3d00); }
[role=status] { min-height: 1.5rem; }
`;
