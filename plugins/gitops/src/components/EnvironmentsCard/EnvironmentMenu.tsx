import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  ButtonIcon,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
} from '@backstage/ui';
import { RiMore2Line } from '@remixicon/react';
import type { QuotableVersion } from '../../data/quotable';
import type { ApplicationCommand } from '../../data/useApplicationRequest';
import { gitopsTranslationRef } from '../../translation';
import styles from './EnvironmentsCard.module.css';

const COMMANDS: ApplicationCommand[] = ['refresh', 'hardRefresh', 'sync'];

/** A dialog that an environment opens. */
export type EnvironmentDialog =
  | { kind: 'deploy'; wanted?: QuotableVersion }
  | { kind: 'rollback' };

/** What one may do with an environment besides promoting to it. */
export function EnvironmentMenu(props: {
  environment: string;
  /** Absent for who may not change what is deployed. */
  onChoose?: (dialog: EnvironmentDialog) => void;
  /** Absent for who may not ask Argo CD for anything. */
  onCommand?: (command: ApplicationCommand) => void;
  /** While Argo CD is being asked for something. */
  isBusy: boolean;
}) {
  const { environment, onChoose, onCommand } = props;
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
        {onChoose && (
          <>
            <MenuItem onAction={() => onChoose({ kind: 'deploy' })}>
              {t('environment.deploy')}
            </MenuItem>
            <MenuItem onAction={() => onChoose({ kind: 'rollback' })}>
              {t('environment.rollback')}
            </MenuItem>
          </>
        )}
        {onCommand && (
          <MenuSection title={t('application.section')}>
            {COMMANDS.map(command => (
              <MenuItem
                key={command}
                isDisabled={props.isBusy}
                onAction={() => onCommand(command)}
              >
                {t(`application.${command}`)}
              </MenuItem>
            ))}
          </MenuSection>
        )}
      </Menu>
    </MenuTrigger>
  );
}
