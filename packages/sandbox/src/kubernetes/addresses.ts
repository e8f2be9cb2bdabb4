/** The address of an object in a network of 65,536: always the same one. */
export function addressIn(network: string, uid: string): string {
  const byte = (at: number) => Number.parseInt(uid.slice(at, at + 2), 16);
  return `${network}.${byte(0)}.${byte(2)}`;
}
