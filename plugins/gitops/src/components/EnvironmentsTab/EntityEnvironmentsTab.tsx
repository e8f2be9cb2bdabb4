import { useSubject } from '../../data/useSubject';
import { NowProvider } from '../../text/Now';
import { EnvironmentsTab } from './EnvironmentsTab';

/** The environments tab of the entity whose page this is. */
export function EntityEnvironmentsTab() {
  const shown = useSubject();
  return shown ? (
    <NowProvider>
      <EnvironmentsTab key={shown.key} subject={shown.subject} />
    </NowProvider>
  ) : null;
}
