import { MAX_PATH_LENGTH } from './paths';

const READ = /(?:^|\/)(?:[^/]+\.(?:ya?ml|json)|Kustomization)$/;

/** A hand-written manifest is a few kilobytes; what is larger is not read. @public */
export const MAX_FILE_BYTES = 512 * 1024;

/** The folders of an infra repository that are followed. @public */
export const FOLLOWED_FOLDERS = ['bootstrap', 'apps'];

/** Why something that is in a followed folder is not read, as `InfraSnapshot.unread` has it. @public */
export const UNREAD = {
  symlink: 'is a symbolic link',
  submodule: 'is a submodule',
  large: `is larger than ${MAX_FILE_BYTES / 1024} KiB`,
  binary: 'is no UTF-8 text',
};

/** Whether a path is a followed folder or lies in one, and is no longer than any that can be kept. @public */
export function isInFollowedFolder(path: string): boolean {
  return (
    path.length <= MAX_PATH_LENGTH &&
    FOLLOWED_FOLDERS.includes(path.split('/', 1)[0])
  );
}

/** Whether a regular file of that path is read. @public */
export function isFollowed(path: string): boolean {
  return path.includes('/') && isInFollowedFolder(path) && READ.test(path);
}
