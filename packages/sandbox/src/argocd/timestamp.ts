/** A time as Kubernetes and Argo CD write it: to the second. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
