import { useState } from 'react';

/** How many more are shown each time. */
const PAGE = 20;

/** How much of a list is wanted: so many first, and as many more each time that a person asks for it. */
export function useListStart() {
  const [wanted, setWanted] = useState(PAGE);
  return { wanted, wantMore: () => setWanted(current => current + PAGE) };
}
