import type { Action } from '../actions';
import { Handler } from '../http/LoopbackServer';
import { isCrossSite, sendHtml, sendJson, urlOf } from '../http/messages';
import type { Sandbox } from '../Sandbox';
import { controlPage } from './controlPage';

/** Serves the control page, `GET /state` and `POST /actions/<name>`. */
export function controlHandler(
  sandbox: Sandbox,
  actions: Record<string, Action>,
): Handler {
  return async (request, response) => {
    const { pathname } = urlOf(request);
    const [, action] = /^\/actions\/([^/]+)$/.exec(pathname) ?? [];
    if (request.method === 'GET' && pathname === '/') {
      sendHtml(response, 200, controlPage(sandbox, actions));
    } else if (request.method === 'GET' && pathname === '/state') {
      sendJson(response, 200, await sandbox.state());
    } else if (!action || !Object.hasOwn(actions, action)) {
      sendJson(response, 404, {
        error: 'There is no such page or action',
        actions: Object.keys(actions),
      });
    } else if (request.method !== 'POST') {
      sendJson(response, 405, { error: 'Actions are started with POST' });
    } else if (isCrossSite(request)) {
      sendJson(response, 403, {
        error: 'A page of another site may not start actions of the sandbox',
      });
    } else {
      try {
        sendJson(response, 200, { action, done: await sandbox.act(action) });
      } catch (error) {
        sendJson(response, 409, {
          action,
          error: error instanceof Error ? error.message : String(error),
        });
      }
    }
  };
}
