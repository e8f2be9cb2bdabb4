import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ApplicationStatus,
  parseApplication,
} from '../argocd/ApplicationStatus';

const FOLDER = join(__dirname, '../../../../packages/sandbox/recordings');

/** The body of a recorded answer of Argo CD or of kube-apiserver. */
export function recordedBody<T>(path: string): T {
  return JSON.parse(readFileSync(join(FOLDER, path), 'utf8')).response.body;
}

/** A recorded Application, as the package reads it. */
export function recordedStatus(path: string): ApplicationStatus {
  return statusOf(recordedBody(path));
}

/** The events of a recorded stream that concern one Application. */
export function recordedEvents(
  path: string,
  name: string,
): ApplicationStatus[] {
  return readFileSync(join(FOLDER, path), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const { application } = JSON.parse(line).result;
      // A stream with `fields=` leaves out what it was not asked for.
      const metadata = { namespace: 'argocd', ...application.metadata };
      return statusOf({ ...application, metadata });
    })
    .filter(status => status.name === name);
}

function statusOf(application: unknown): ApplicationStatus {
  const status = parseApplication('main', application);
  if (!status) {
    throw new Error('the recording holds no Application');
  }
  return status;
}
