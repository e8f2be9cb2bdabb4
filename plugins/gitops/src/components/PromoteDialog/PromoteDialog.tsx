import { useMemo } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { gitopsTranslationRef } from '../../translation';
import { PromotionDialog } from './PromotionDialog';
import type { PromotionDialogContext } from './PromotionDialog';

/** Promotes what one environment pins to the next. */
export function PromoteDialog(
  props: PromotionDialogContext & { from: string },
) {
  const { service, from, to } = props;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const request = useMemo(() => ({ from, to }), [from, to]);
  return (
    <PromotionDialog
      {...props}
      title={t('promote.title', { service, to })}
      request={request}
    />
  );
}
