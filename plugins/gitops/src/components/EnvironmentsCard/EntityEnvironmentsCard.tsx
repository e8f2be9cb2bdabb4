import { useSubject } from '../../data/useSubject';
import { NowProvider } from '../../text/Now';
import { EnvironmentsCard } from './EnvironmentsCard';

/** The environments card of the entity whose page this is. */
export function EntityEnvironmentsCard() {
  const shown = useSubject();
  return shown ? (
    <NowProvider>
      <EnvironmentsCard key={shown.key} subject={shown.subject} />
    </NowProvider>
  ) : null;
}
