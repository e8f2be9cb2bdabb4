import type { Action } from '../actions';
import { html, page } from '../http/html';
import type { Sandbox } from '../Sandbox';
import { CONTROL_SCRIPT } from './controlScript';

/** The page on which a person plays with the sandbox; every button is a command too. */
export function controlPage(
  { urls, tokens }: Sandbox,
  actions: Record<string, Action>,
): string {
  const groups = [...new Set(Object.values(actions).map(({ group }) => group))];
  return page({
    title: 'Control',
    service: 'stands in for GitHub, Argo CD with its cluster, and a registry',
    script: CONTROL_SCRIPT,
    body: html`<h1>Sandbox</h1>
      <p>
        Nothing here is real, and nothing leaves this machine. Have something
        happen and watch what the cards in Backstage make of it.
      </p>
      <p role="status" id="done"></p>
      <h2>Now</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Application</th>
            <th scope="col">Sync</th>
            <th scope="col">Health</th>
            <th scope="col">Images</th>
          </tr>
        </thead>
        <tbody id="applications"></tbody>
      </table>
      <p id="faults"></p>
      ${groups.map(
        group => html`<h2>${group}</h2>
          <table>
            ${Object.entries(actions)
              .filter(([, action]) => action.group === group)
              .map(
                ([name, { title }]) =>
                  html`<tr>
                    <td>
                      <form method="post" action="/actions/${name}">
                        <button>${title}</button>
                      </form>
                    </td>
                    <td>
                      <code>curl -X POST ${urls.control}/actions/${name}</code>
                    </td>
                  </tr>`,
              )}
          </table>`,
      )}
      <h2>Where things are</h2>
      <table>
        <tr>
          <th scope="row">Repository</th>
          <td><a href="${urls.repository}">${urls.repository}</a></td>
        </tr>
        <tr>
          <th scope="row">GitHub's API</th>
          <td>
            <code>${urls.github}</code>, token <code>${tokens.github}</code>
          </td>
        </tr>
        <tr>
          <th scope="row">Argo CD</th>
          <td>
            <a href="${urls.argocd}/applications">${urls.argocd}/applications</a
            >, token <code>${tokens.argocd}</code>
          </td>
        </tr>
        <tr>
          <th scope="row">Registry</th>
          <td><code>${urls.registry}/v2/demo/tags/list</code></td>
        </tr>
        <tr>
          <th scope="row">Kubernetes</th>
          <td>
            <code>${urls.kubernetes}/api/v1/pods</code>, token
            <code>${tokens.kubernetes}</code>
          </td>
        </tr>
        <tr>
          <th scope="row">State</th>
          <td><a href="/state">${urls.control}/state</a></td>
        </tr>
      </table>`,
  });
}
