/** Text that is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = Html | string | number | undefined | (Html | string)[];

/** HTML from a template; every value is escaped that is not HTML itself. */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(
    strings.reduce(
      (text, part, index) => text + render(values[index - 1]) + part,
    ),
  );
}

/** A page of the sandbox; says plainly that it is one. */
export function page(options: {
  title: string;
  /** What the page stands in for, as in "GitHub". */
  service: string;
  body: Html;
  script?: string;
}): string {
  const { title, service, body, script } = options;
  return html`<!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Sandbox</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <header><strong>Sandbox</strong> <span>${service}</span></header>
        <main>${body}</main>
        ${script ? new Html(`<script nonce="sandbox">${script}</script>`) : ''}
      </body>
    </html> `.text;
}

/** A unified diff, its added and removed lines marked by more than their colour. */
export function diffHtml(patch: string): Html {
  const lines = patch.split('\n').map(line => {
    const kind =
      { '+': 'added', '-': 'removed', '@': 'hunk' }[line.charAt(0)] ?? 'same';
    return html`<span class="${kind}">${line} </span>`;
  });
  return html`<pre class="diff">${lines}</pre>`;
}

function render(value: Value): string {
  if (value === undefined) {
    return '';
  }
  if (Array.isArray(value)) {
    return value.map(render).join('');
  }
  return value instanceof Html ? value.text : escape(String(value));
}

function escape(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
}

const STYLE = `
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
.diff span { display: inline-block; min-width: 100%; }
.lines td { border: 0; padding: 0 .75rem 0 0; white-space: pre-wrap; font: 13px/1.5 ui-monospace, monospace; }
.lines td:first-child { width: 1%; text-align: right; user-select: none; }
.lines tr:target { background: light-dark(#fff8c5, #4a3d00); }
[role=status] { min-height: 1.5rem; }
`;
