import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { ButtonIcon, Menu, MenuItem, MenuTrigger } from '@backstage/ui';
import { RiMore2Line } from '@remixicon/react';
import type { QuotableVersion } from '../../data/quotable';
import { gitopsTranslationRef } from '../../translation';
import styles from './EnvironmentsCard.module.css';

/** A dialog that an environment opens. */
export type EnvironmentDialog =
  | { kind: 'deploy'; wanted?: QuotableVersion }
  | { kind: 'rollback' };

/** What one may do with an environment besides promoting to it. */
export function EnvironmentMenu(props: {
  environment: string;
  onChoose: (dialog: EnvironmentDialog) => void;
}) {
  const { environment, onChoose } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  return (
    <MenuTrigger>
      <ButtonIcon
        className={styles.menu}
        variant="tertiary"
        size="small"
        icon={<RiMore2Line />}
        aria-label={t('environment.actions', { environment })}
      />
      <Menu placement="bottom end">
        <MenuItem onAction={() => onChoose({ kind: 'deploy' })}>
          {t('environment.deploy')}
        </MenuItem>
        <MenuItem onAction={() => onChoose({ kind: 'rollback' })}>
          {t('environment.rollback')}
        </MenuItem>
      </Menu>
    </MenuTrigger>
  );
}
