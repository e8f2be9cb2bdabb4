import type { Tone } from '../../data/status';
import styles from './shared.module.css';

/** A state in a word or two. */
export function Chip(props: {
  tone: Tone;
  /** For those who see it; the text says the same. */
  mark: string;
  text: string;
}) {
  return (
    <span className={styles.chip} data-tone={props.tone}>
      <span aria-hidden="true">{props.mark} </span>
      {props.text}
    </span>
  );
}
