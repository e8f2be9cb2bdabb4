import { useId, useMemo, useState } from 'react';
import type { FormEvent } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Checkbox, CheckboxGroup, TextField } from '@backstage/ui';
import {
  formatVersion,
  parseVersion,
  writeVersion,
} from '@gitops-infra/backstage-plugin-gitops-common';
import type {
  EnvironmentImage,
  PromotionRequest,
} from '@gitops-infra/backstage-plugin-gitops-common';
import type { QuotableVersion } from '../../data/quotable';
import { gitopsTranslationRef } from '../../translation';
import { PromotionDialog } from '../PromoteDialog/PromotionDialog';
import type { PromotionDialogContext } from '../PromoteDialog/PromotionDialog';
import styles from './DeployDialog.module.css';

/** Deploys a version that a person names. */
export function DeployDialog(
  props: PromotionDialogContext & {
    images: EnvironmentImage[];
    /** What to ask for at once. */
    wanted?: QuotableVersion;
  },
) {
  const { service, to, images, wanted } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const names = useMemo(
    () => [...new Set(images.map(({ name }) => name))],
    [images],
  );
  const [version, setVersion] = useState(
    wanted ? writeVersion(wanted.version) : '',
  );
  const [chosen, setChosen] = useState<string[]>(() => {
    if (wanted) {
      return [wanted.name];
    }
    return names.length === 1 ? names : [];
  });
  const [request, setRequest] = useState<PromotionRequest | undefined>(() =>
    wanted ? { version, to, images: chosen } : undefined,
  );
  const [submitted, setSubmitted] = useState(false);
  const versionProblem = useId();
  const given = version.trim();
  const isValid = parseVersion(given) !== undefined;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setSubmitted(true);
    if (isValid && chosen.length > 0) {
      setRequest({ version: given, to, images: chosen });
    }
  };
  // What is shown is always what is asked for.
  const change = <T,>(set: (value: T) => void) => {
    return (value: T) => {
      set(value);
      setSubmitted(false);
      setRequest(undefined);
    };
  };

  return (
    <PromotionDialog
      {...props}
      title={t('deploy.title', { service, to })}
      request={request}
    >
      <form className={styles.form} onSubmit={submit}>
        <TextField
          className={styles.version}
          label={t('deploy.version')}
          description={
            submitted && !isValid ? undefined : t('deploy.versionHelp')
          }
          value={version}
          onChange={change(setVersion)}
          isInvalid={submitted && !isValid}
          aria-describedby={submitted && !isValid ? versionProblem : undefined}
          // eslint-disable-next-line jsx-a11y/no-autofocus -- nothing can be done in the dialog before it is given
          autoFocus={!wanted}
          validationBehavior="aria"
          autoComplete="off"
          spellCheck="false"
        />
        {submitted && !isValid && (
          <p className={styles.problem} role="alert" id={versionProblem}>
            {t('deploy.notAVersion')}
          </p>
        )}
        {names.length > 1 && (
          <CheckboxGroup
            label={t('deploy.images')}
            value={chosen}
            onChange={change(setChosen)}
          >
            {names.map(name => (
              <Checkbox key={name} value={name}>
                {t('deploy.pinned', {
                  image: name,
                  version: formatVersion(
                    images.find(image => image.name === name)?.desired ?? {},
                  ),
                })}
              </Checkbox>
            ))}
          </CheckboxGroup>
        )}
        {submitted && chosen.length === 0 && (
          <p className={styles.problem} role="alert">
            {t('deploy.noImage')}
          </p>
        )}
        {!request && (
          <Button type="submit" variant="secondary" className={styles.show}>
            {t('deploy.show')}
          </Button>
        )}
      </form>
    </PromotionDialog>
  );
}
