import { diffHtml, Html, html, page } from '../http/html';
import { EmulatedRepository, FileDiff } from './EmulatedRepository';
import { PullRequest, PullRequests } from './PullRequests';

const SERVICE = 'stands in for GitHub';

/** A page and the status that it goes with. */
export interface Page {
  status: number;
  html: string;
}

/** What a person sees where a link of the product leads to GitHub. */
export class GithubPages {
  readonly #repository: EmulatedRepository;
  readonly #pulls: Pick<PullRequests, 'get'>;

  constructor(
    repository: EmulatedRepository,
    pulls: Pick<PullRequests, 'get'>,
  ) {
    this.#repository = repository;
    this.#pulls = pulls;
  }

  /** Whether an address is below the repository. */
  has({ pathname }: URL): boolean {
    return `${pathname}/`.startsWith(`/${this.#slug}/`);
  }

  async render(url: URL): Promise<Page> {
    const [owner, name, kind, ...rest] = url.pathname
      .split('/')
      .filter(Boolean)
      .map(decodeURIComponent);
    if (!owner) {
      return ok('Repositories', this.#link('', this.#slug));
    }
    if (owner !== this.#repository.owner || name !== this.#repository.name) {
      return this.#notFound();
    }
    switch (kind) {
      case undefined:
        return this.#overview();
      case 'pulls':
        return ok('Pull requests', await this.#pullList());
      case 'pull':
        return this.#pull(Number(rest[0]));
      case 'commits':
        return this.#commits(rest.join('/') || this.#repository.branch);
      case 'commit':
        return this.#commit(rest[0]);
      case 'compare':
        return this.#compare(rest.join('/'));
      case 'blob':
      case 'tree':
        return this.#file(rest);
      default:
        return this.#notFound();
    }
  }

  refusal(message: string): string {
    return page({
      title: message,
      service: SERVICE,
      body: html`<h1>${message}</h1>
        <p>${this.#link('', 'Back to the repository')}</p>`,
    });
  }

  async #overview(): Promise<Page> {
    const { branch } = this.#repository;
    const head = await this.#repository.head();
    return ok(
      this.#slug,
      html`<h1>${this.#slug}</h1>
        <p class="muted">
          Branch ${branch} at ${this.#link(`/commit/${head}`, short(head))} ·
          ${this.#link(`/commits/${branch}`, 'Commits')}
        </p>
        <h2>Pull requests</h2>
        ${await this.#pullList()}
        <h2>Files</h2>
        ${await this.#listing(branch, head, '')}`,
    );
  }

  async #pullList(): Promise<Html> {
    const pulls = await this.#repository.pulls();
    if (pulls.length === 0) {
      return html`<p>There is none yet.</p>`;
    }
    return html`<table>
      ${pulls.map(
        ({ number, title, state, merged }) =>
          html`<tr>
            <td>${this.#link(`/pull/${number}`, `#${number}`)}</td>
            <td>${title}</td>
            <td>${merged ? 'merged' : state}</td>
          </tr>`,
      )}
    </table>`;
  }

  async #pull(number: number): Promise<Page> {
    const pull = await this.#pulls.get(number);
    if (!pull) {
      return this.#notFound();
    }
    const { head, base } = pull;
    return ok(
      `${pull.title} #${number}`,
      html`<h1>${pull.title} <span class="muted">#${number}</span></h1>
        <p>
          <span class="state">${stateOf(pull)}</span>
          <code>${head.ref}</code> into <code>${base.ref}</code> ·
          ${this.#link(
            `/commit/${head.sha}`,
            short(head.sha),
          )}${pull.mergeCommit
            ? html` · merged as
              ${this.#link(
                `/commit/${pull.mergeCommit}`,
                short(pull.mergeCommit),
              )}`
            : ''}
        </p>
        <pre class="text">${pull.body ?? ''}</pre>
        ${this.#mergeForm(pull)}
        <h2>Changes</h2>
        ${files(pull.files)}`,
    );
  }

  #mergeForm(pull: PullRequest): Html {
    if (pull.state !== 'open') {
      return html``;
    }
    return pull.mergeable
      ? html`<form
          method="post"
          action="/${this.#slug}/pull/${pull.number}/merge"
        >
          <button class="main">Merge pull request</button>
        </form>`
      : html`<p>It conflicts with ${pull.base.ref} and cannot be merged.</p>`;
  }

  async #commits(ref: string): Promise<Page> {
    const found = await this.#repository.commit(ref);
    if (!found) {
      return this.#notFound();
    }
    const commits = await this.#repository.commits(found.sha);
    return ok(
      `Commits of ${ref}`,
      html`<h1>Commits of ${ref}</h1>
        <table>
          ${commits.map(
            ({ sha, message, author }) =>
              html`<tr>
                <td>${this.#link(`/commit/${sha}`, short(sha))}</td>
                <td>${message.split('\n')[0]}</td>
                <td>${author.name}</td>
                <td>${author.date}</td>
              </tr>`,
          )}
        </table>`,
    );
  }

  async #commit(sha: string | undefined): Promise<Page> {
    const commit = sha && (await this.#repository.commit(sha));
    if (!commit) {
      return this.#notFound();
    }
    const [subject, ...body] = commit.message.split('\n');
    return ok(
      subject,
      html`<h1>${subject}</h1>
        <pre class="text">${body.join('\n').trim()}</pre>
        <p class="muted">
          ${commit.author.name} on ${commit.author.date} ·
          ${this.#link(`/tree/${commit.sha}`, short(commit.sha))} · parents
          ${commit.parents.map(
            parent => html`${this.#link(`/commit/${parent}`, short(parent))} `,
          )}
        </p>
        ${files(commit.files)}`,
    );
  }

  async #compare(range: string): Promise<Page> {
    const [base, head = ''] = range.split('...');
    const [from, to] = await Promise.all(
      [base, head].map(ref => this.#repository.commit(ref)),
    );
    if (!from || !to) {
      return this.#notFound();
    }
    const { aheadBy, files: diffs } = await this.#repository.compare(
      from.sha,
      to.sha,
    );
    const title = `${short(from.sha)}...${short(to.sha)}`;
    return ok(
      title,
      html`<h1>${title}</h1>
        <p class="muted">
          ${aheadBy} commits ·
          ${this.#link(`/commits/${to.sha}`, `Commits of ${short(to.sha)}`)}
        </p>
        ${files(diffs)}`,
    );
  }

  async #file(parts: string[]): Promise<Page> {
    // A branch's name may have slashes: the longest that is a branch wins.
    for (let length = parts.length; length > 0; length--) {
      const ref = parts.slice(0, length).join('/');
      const commit =
        (await this.#repository.branchHead(ref)) ??
        (/^[0-9a-f]{7,40}$/.test(ref)
          ? (await this.#repository.commit(ref))?.sha
          : undefined);
      if (commit) {
        return this.#path(ref, commit, parts.slice(length).join('/'));
      }
    }
    return this.#notFound();
  }

  async #path(ref: string, commit: string, path: string): Promise<Page> {
    const text = await this.#repository.text(commit, path);
    if (text === undefined) {
      const isFolder =
        path === '' ||
        (await this.#repository.tree(commit)).some(file =>
          file.path.startsWith(`${path}/`),
        );
      return isFolder
        ? ok(
            path || this.#slug,
            html`<h1>${path || this.#slug}</h1>
              <p class="muted">${ref}</p>
              ${await this.#listing(ref, commit, path)}`,
          )
        : this.#notFound();
    }
    const lines = text.replace(/\n$/, '').split('\n');
    return ok(
      path,
      html`<h1>${path}</h1>
        <p class="muted">${ref}</p>
        <table class="lines">
          ${lines.map(
            (line, index) =>
              html`<tr id="L${index + 1}">
                <td><a href="#L${index + 1}">${index + 1}</a></td>
                <td>${line}</td>
              </tr>`,
          )}
        </table>`,
    );
  }

  async #listing(ref: string, commit: string, path: string): Promise<Html> {
    const prefix = path && `${path}/`;
    const entries = new Map<string, 'blob' | 'tree'>();
    for (const file of await this.#repository.tree(commit)) {
      if (file.path.startsWith(prefix)) {
        const [first, ...rest] = file.path.slice(prefix.length).split('/');
        entries.set(first, rest.length > 0 ? 'tree' : 'blob');
      }
    }
    return html`<table>
      ${[...entries].map(
        ([name, kind]) =>
          html`<tr>
            <td>
              ${this.#link(
                `/${kind}/${ref}/${prefix}${name}`,
                kind === 'tree' ? `${name}/` : name,
              )}
            </td>
          </tr>`,
      )}
    </table>`;
  }

  #link(path: string, text: string): Html {
    return html`<a href="/${this.#slug}${encodeURI(path)}">${text}</a>`;
  }

  #notFound(): Page {
    return {
      status: 404,
      html: page({
        title: 'Not found',
        service: SERVICE,
        body: html`<h1>There is no such page</h1>
          <p>${this.#link('', this.#slug)}</p>`,
      }),
    };
  }

  get #slug(): string {
    return `${this.#repository.owner}/${this.#repository.name}`;
  }
}

function ok(title: string, body: Html): Page {
  return { status: 200, html: page({ title, service: SERVICE, body }) };
}

function files(diffs: FileDiff[]): Html {
  return html`${diffs.map(
    diff =>
      html`<p>
          <code>${diff.filename}</code>
          <span class="muted"
            >${diff.status}, +${diff.additions} −${diff.deletions}</span
          >
        </p>
        ${diff.patch ? diffHtml(diff.patch) : ''}`,
  )}`;
}

function stateOf(pull: PullRequest): string {
  if (pull.merged) {
    return 'Merged';
  }
  return pull.state === 'open' ? 'Open' : 'Closed';
}

function short(sha: string): string {
  return sha.slice(0, 7);
}
