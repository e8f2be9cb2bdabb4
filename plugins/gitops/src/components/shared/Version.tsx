import { formatVersion } from '@gitops-infra/backstage-plugin-gitops-common';
import type { ImageVersion } from '@gitops-infra/backstage-plugin-gitops-common';
import { fullReference } from '../../data/versions';
import styles from './shared.module.css';

/** A version, short, with the whole reference on hover. */
export function Version(props: {
  image: string;
  version: ImageVersion;
  className?: string;
}) {
  return (
    <span
      className={props.className ?? styles.version}
      title={fullReference(props.image, props.version)}
    >
      {formatVersion(props.version)}
    </span>
  );
}
