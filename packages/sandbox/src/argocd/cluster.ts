/** The one node of the cluster that the sandbox pretends to have. */
export const NODE = { name: 'sandbox-node', address: '127.0.0.1' };
