/** Keeps the control page up to date. Without it a button still works: it then shows the action's answer as it is. */
export const CONTROL_SCRIPT = `
const done = document.getElementById('done');
const faults = document.getElementById('faults');
const applications = document.getElementById('applications');

async function show() {
  const state = await (await fetch('/state')).json();
  applications.replaceChildren(...state.applications.map(application => {
    const row = document.createElement('tr');
    row.append(...[
      application.name,
      application.sync + (application.operation === 'Running' ? ', syncing' : ''),
      application.error ? application.health + ': ' + application.error : application.health,
      application.images.join(', '),
    ].map(text => {
      const cell = document.createElement('td');
      cell.textContent = text;
      return cell;
    }));
    return row;
  }));
  faults.textContent = [
    state.github.down && 'GitHub is down.',
    state.github.tokenRefused && 'GitHub refuses the token.',
    state.github.rateLimited && "GitHub's rate limit is reached.",
    state.argocd.down && 'Argo CD is down.',
    state.argocd.tokenRefused && 'Argo CD refuses the token.',
    state.argocd.syncRefused && 'Argo CD lets the account not sync.',
    state.argocd.syncWindow && 'A sync window is closed.',
    state.argocd.idle && 'Argo CD looks at Git only when asked.',
  ].filter(Boolean).join(' ');
}

document.addEventListener('submit', async event => {
  event.preventDefault();
  const button = event.target.querySelector('button');
  button.disabled = true;
  try {
    const response = await fetch(event.target.action, { method: 'POST' });
    const answer = await response.json();
    done.textContent = answer.done ?? answer.error;
    await show();
  } finally {
    button.disabled = false;
  }
});

show();
setInterval(() => show().catch(() => { faults.textContent = 'The sandbox does not answer.'; }), 1000);
`;
