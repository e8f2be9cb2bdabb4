import { useEffect, useRef } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Checkbox, TextAreaField } from '@backstage/ui';
import type {
  GateOverrideRight,
  GateResult,
} from '@gitops-infra/backstage-plugin-gitops-common';
import {
  GATE_MARKS,
  gateLook,
  mayOverride,
  OverrideInput,
} from '../../data/gates';
import { personName } from '../../text/people';
import { gitopsTranslationRef } from '../../translation';
import styles from './Gates.module.css';

/** What each gate says, and where the person may override those that stop it, how. */
export function Gates(props: {
  gates: GateResult[];
  right: GateOverrideRight | undefined;
  input: OverrideInput;
  onInput: (input: OverrideInput) => void;
}) {
  const { gates, right, input, onInput } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  // The field for the reason comes in below, where a low dialog may end.
  const override = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (input.isOn) {
      override.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [input.isOn]);
  return (
    <>
      <ul className={styles.gates} aria-label={t('gates.label')}>
        {gates.map(gate => (
          <Gate key={gate.id} gate={gate} />
        ))}
      </ul>
      {right && mayOverride(gates, right) && (
        <div className={styles.override} ref={override}>
          <Checkbox
            isSelected={input.isOn}
            onChange={isOn => onInput({ ...input, isOn })}
          >
            {t('gates.override', { gates: titles(gates) })}
          </Checkbox>
          {input.isOn && (
            <TextAreaField
              label={t('gates.reason')}
              description={t('gates.reasonHint', {
                count: right.reasonMinLength,
              })}
              rows={2}
              maxLength={1000}
              isRequired
              value={input.reason}
              onChange={reason => onInput({ ...input, reason })}
            />
          )}
        </div>
      )}
    </>
  );
}

function Gate({ gate }: { gate: GateResult }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const { title, message, overridden } = gate;
  const look = gateLook(gate);
  return (
    <li className={styles.gate} data-look={look}>
      <span className={styles.mark} aria-hidden="true">
        {GATE_MARKS[look]}
      </span>
      <span>
        <span className={styles.title}>{title}</span>{' '}
        <span className={styles.message}>
          ({t(`gates.${look}`)}) {message}
          {overridden &&
            ` ${t('gates.overriddenBy', {
              person: personName(overridden.by),
              reason: overridden.reason,
            })}`}
        </span>
      </span>
    </li>
  );
}

/** The titles of the gates that stop a promotion. */
export function titles(gates: GateResult[]): string {
  return gates
    .filter(({ blocks }) => blocks)
    .map(({ title }) => title)
    .join(', ');
}
