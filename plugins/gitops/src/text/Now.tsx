import { createContext, useContext, useEffect, useState } from 'react';
import type { PropsWithChildren } from 'react';

/** How often relative times are written anew. */
const TICK_MS = 5_000;

const NowContext = createContext<number | undefined>(undefined);

/** One clock for every relative time beneath, so that they all move together. */
export function NowProvider({ children }: PropsWithChildren<{}>) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return <NowContext.Provider value={now}>{children}</NowContext.Provider>;
}

/** The time now, in milliseconds. A moment that came after the last tick counts as now. */
export function useNow(): number {
  const now = useContext(NowContext);
  if (now === undefined) {
    throw new Error('useNow needs a NowProvider above it');
  }
  return now;
}
