import { Fragment } from 'react';

/** A path that breaks after its slashes before it breaks anywhere else. */
export function Path({ path }: { path: string }) {
  return (
    <>
      {path.split('/').map((segment, index) => (
        <Fragment key={index}>
          {index > 0 && (
            <>
              /<wbr />
            </>
          )}
          {segment}
        </Fragment>
      ))}
    </>
  );
}
