import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { OverrideInput, GatesOutcome } from '../../data/gates';
import { gitopsTranslationRef } from '../../translation';
import { titles } from './Gates';

/** Which gates stop it, and what the person can do about it. */
export function WhyStopped(props: {
  outcome: Exclude<GatesOutcome, { kind: 'passed' }>;
  input: OverrideInput;
}) {
  const { outcome, input } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const gates = titles(outcome.gates);
  if (outcome.kind === 'blocked') {
    return <>{t('gates.blocked', { gates })}</>;
  }
  return (
    <>
      {input.isOn
        ? t('gates.reasonWanted', { count: outcome.reasonMinLength })
        : t('gates.overridable', { gates })}
    </>
  );
}
