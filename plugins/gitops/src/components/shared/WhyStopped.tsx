import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { OverrideInput, Passage } from '../../data/gates';
import { gitopsTranslationRef } from '../../translation';
import { titles } from './Gates';

/** Which gates stop it, and what the person can do about it. */
export function WhyStopped(props: {
  way: Exclude<Passage, { kind: 'open' }>;
  input: OverrideInput;
}) {
  const { way, input } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const gates = titles(way.gates);
  if (way.kind === 'shut') {
    return <>{t('gates.shut', { gates })}</>;
  }
  return (
    <>
      {input.isOn
        ? t('gates.reasonWanted', { count: way.reasonMinLength })
        : t('gates.overridable', { gates })}
    </>
  );
}
