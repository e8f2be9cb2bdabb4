import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { FileDiff } from '@gitops-infra/backstage-plugin-gitops-common';
import { readUnifiedDiff } from '../../data/diff';
import type { DiffLine } from '../../data/diff';
import { gitopsTranslationRef } from '../../translation';
import { Path } from '../shared/Path';
import styles from './PromoteDialog.module.css';

const LOOK: Record<
  DiffLine['kind'],
  { tag: 'ins' | 'del' | 'span'; marker: string }
> = {
  added: { tag: 'ins', marker: '+' },
  removed: { tag: 'del', marker: '-' },
  context: { tag: 'span', marker: ' ' },
  hunk: { tag: 'span', marker: '' },
  note: { tag: 'span', marker: '\\' },
};

/** How one file changes, line by line. */
export function DiffView({ file }: { file: FileDiff }) {
  const { t } = useTranslationRef(gitopsTranslationRef);
  return (
    <figure
      className={styles.diff}
      aria-label={t('promote.diffLabel', { path: file.path })}
    >
      <figcaption className={styles.diffPath}>
        <Path path={file.path} />
      </figcaption>
      <pre className={styles.diffLines}>
        {readUnifiedDiff(file.diff).map((line, index) => {
          const { tag: Tag, marker } = LOOK[line.kind];
          return (
            <Tag key={index} className={styles.diffLine} data-kind={line.kind}>
              {`${marker}${line.text}\n`}
            </Tag>
          );
        })}
      </pre>
    </figure>
  );
}
