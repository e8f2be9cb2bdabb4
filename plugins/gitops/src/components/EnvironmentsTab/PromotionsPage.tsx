import { useSearchParams } from 'react-router-dom';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Select, Text } from '@backstage/ui';
import { usePromotions } from '../../data/usePromotions';
import { gitopsTranslationRef } from '../../translation';
import type { TabContext } from './EnvironmentsTab';
import { LoadingList } from './LoadingList';
import { PageProblem } from './PageProblem';
import { PromotionItem } from './PromotionItem';
import { ShowEarlier } from './ShowEarlier';
import styles from './EnvironmentsTab.module.css';

/** In the address: the environment that promotions are shown of. */
const TO_PARAMETER = 'to';

/** No environment is called so. */
const ALL = '*';

/** The promotions of a service, newest first. */
export function PromotionsPage(context: TabContext) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const [parameters, setParameters] = useSearchParams();
  const to = parameters.get(TO_PARAMETER) ?? undefined;
  // A promotion may be into an environment that there is no more.
  const names = new Set([
    ...context.response.environments.map(({ name }) => name),
    ...(to === undefined ? [] : [to]),
  ]);
  return (
    <section className={styles.page} aria-labelledby="promotions-title">
      <div className={styles.pageHeader}>
        <Text
          as="h2"
          variant="title-x-small"
          weight="bold"
          id="promotions-title"
        >
          {t('promotions.title')}
        </Text>
        <Select
          size="small"
          className={styles.filter}
          label={t('promotions.environment')}
          value={to ?? ALL}
          onChange={name =>
            setParameters(
              name === ALL ? {} : { [TO_PARAMETER]: String(name) },
              { replace: true },
            )
          }
          options={[
            { value: ALL, label: t('promotions.all') },
            ...[...names].map(name => ({ value: name, label: name })),
          ]}
        />
      </div>
      <PromotionList key={to ?? ALL} {...context} to={to} />
    </section>
  );
}

function PromotionList(props: TabContext & { to: string | undefined }) {
  const { to, ...context } = props;
  const { subject, response } = context;
  const { t } = useTranslationRef(gitopsTranslationRef);
  const promotions = usePromotions(subject.entity, response.service, to);
  const { data, error, wanted, wantMore } = promotions;
  return (
    <>
      <PageProblem {...context} page={promotions} />
      {!data && error === undefined && <LoadingList />}
      {data?.items.length === 0 && (
        <p className={styles.nothing}>
          {to === undefined
            ? t('promotions.none')
            : t('promotions.noneTo', { to })}
        </p>
      )}
      {data && data.items.length > 0 && (
        <>
          <ol className={styles.list} aria-label={t('promotions.list')}>
            {data.items.map(promotion => (
              <PromotionItem
                key={promotion.id}
                promotion={promotion}
                response={response}
              />
            ))}
          </ol>
          <ShowEarlier
            hasMore={data.hasMore}
            isPending={data.wanted < wanted && error === undefined}
            onPress={wantMore}
          />
        </>
      )}
    </>
  );
}
