import { RESOURCE_TYPES, ResourceType } from './resourceTypes';

/** What a request is for, in the words in which Kubernetes gives and refuses rights. */
export interface ResourceRequest {
  verb: string;
  type: ResourceType;
  namespace?: string;
  name?: string;
  subresource?: string;
}

/** Reads a request to `/api/v1/…` or `/apis/<group>/<version>/…`; undefined where nothing is served. */
export function resourceRequest(
  method: string,
  { pathname, searchParams }: URL,
): ResourceRequest | undefined {
  const [root, ...parts] = pathname
    .split('/')
    .filter(Boolean)
    .map(decodeURIComponent);
  const group = root === 'apis' ? parts.shift() : '';
  const version = parts.shift();
  const namespace =
    parts[0] === 'namespaces' ? parts.splice(0, 2)[1] : undefined;
  const [plural, name, subresource, ...more] = parts;
  const type = RESOURCE_TYPES.find(
    served =>
      served.group === group &&
      served.version === version &&
      served.plural === plural,
  );
  return (root === 'api' || root === 'apis') && type && more.length === 0
    ? {
        verb: verbOf(method, name, searchParams),
        type,
        namespace,
        name,
        subresource,
      }
    : undefined;
}

function verbOf(
  method: string,
  name: string | undefined,
  query: URLSearchParams,
): string {
  switch (method) {
    case 'GET':
      if (name) {
        return 'get';
      }
      return ['1', 'true'].includes(query.get('watch') ?? '')
        ? 'watch'
        : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'DELETE':
      return name ? 'delete' : 'deletecollection';
    default:
      return method.toLowerCase();
  }
}
