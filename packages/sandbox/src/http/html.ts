import { STYLE } from './style';

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
    return html`<span class="${kind}">${line || ' '}</span>`;
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
