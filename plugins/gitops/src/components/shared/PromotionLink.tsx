import type { ReactNode } from 'react';
import { useRouteRef } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/ui';
import { promotionRouteRef } from '../../routes';
import styles from './shared.module.css';

/** The page of a promotion; plain text where the entity's page has no environments tab. */
export function PromotionLink(props: { id: string; children: ReactNode }) {
  const pageOf = useRouteRef(promotionRouteRef);
  return pageOf ? (
    <Link href={pageOf({ id: props.id })} className={styles.link}>
      {props.children}
    </Link>
  ) : (
    <>{props.children}</>
  );
}
