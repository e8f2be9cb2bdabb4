import type { ReactNode } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/ui';
import { safeHref } from '../../data/links';
import { gitopsTranslationRef } from '../../translation';
import styles from './shared.module.css';

/** A link out of Backstage; plain text where the address is none that is safe to follow. */
export function ExternalLink(props: {
  href: string | undefined;
  children: ReactNode;
  /** What a hover says; that it opens in a new tab, when absent. */
  title?: string;
  /** Without the arrow, in running text. */
  plain?: boolean;
}) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  const href = safeHref(props.href);
  if (!href) {
    return <span title={props.title}>{props.children}</span>;
  }
  return (
    <Link
      href={href}
      target="_blank"
      rel="noopener noreferrer"
      title={props.title ?? t('card.openInNewTab')}
      className={styles.link}
    >
      {props.children}
      {!props.plain && <span aria-hidden="true">{'\u00a0↗'}</span>}
    </Link>
  );
}
