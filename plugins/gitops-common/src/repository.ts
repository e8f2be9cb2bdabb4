// More than any remote has; what is written by many people is read again and again.
const MAX_URL_LENGTH = 2048;

/**
 * A Git remote reduced to what identifies the repository: `github.com/demo/gitops-infra` for
 * `https://github.com/demo/gitops-infra.git`, `git@github.com:demo/gitops-infra` and `ssh://git@github.com/…` alike. One of
 * more than 2,048 characters identifies none but itself.
 *
 * @public
 */
export function repositoryIdentity(url: string): string {
  if (url.length > MAX_URL_LENGTH) {
    return url;
  }
  const scp = /^[^/@]+@([^:/]+):(?!\d+\/)\/?(.+)$/.exec(url.trim());
  const address = scp
    ? `${scp[1]}/${scp[2]}`
    : withoutCredentials(url.trim())
        .replace(/^(https:\/\/[^/]*):443(?=\/)/i, '$1')
        .replace(/^(ssh:\/\/[^/]*):22(?=\/)/i, '$1')
        .replace(/^[a-z+]+:\/\//i, '');
  return address
    .toLowerCase()
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
}

/** A remote's URL without the user and password that it may carry, so that it can be shown. @public */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)[^/]*@/i, '$1');
}

/** Links into a repository's pages on GitHub. @public */
export const repositoryLinks = {
  file(url: string, commit: string, path: string, line?: number): string {
    return `${url}/blob/${commit}/${encodePath(path)}${
      line ? `#L${line}` : ''
    }`;
  },
  folder(url: string, commit: string, path: string): string {
    return `${url}/tree/${commit}/${encodePath(path)}`;
  },
  commit(url: string, commit: string): string {
    return `${url}/commit/${commit}`;
  },
  comparison(url: string, base: string, head: string): string {
    return `${url}/compare/${base}...${head}`;
  },
};

function encodePath(path: string): string {
  // No half of a surrogate pair can be encoded.
  return path
    .replace(/\p{Cs}/gu, '\ufffd')
    .split('/')
    .map(encodeURIComponent)
    .join('/');
}
