import { parseDocument } from 'yaml';
import { FileChanges, Signature } from './github/EmulatedRepository';
import { minorAfter, patchAfter, tagOf, withTag } from './seed/tag';

/** What stands in for the image that the demo service runs. */
export const DEMO_IMAGE = 'demo';

const LOCAL = 'apps/demo/overlays/local/kustomization.yaml';
const STAGE = 'apps/demo/overlays/stage/kustomization.yaml';
const STAGE_APPLICATION = 'bootstrap/demo-stage-application.yaml';

/** What an action can do to a sandbox. */
export interface Stage {
  readFile(path: string): Promise<string | undefined>;
  /** The texts that a file had, newest first. */
  fileHistory(path: string): Promise<string[]>;
  commit(
    changes: FileChanges,
    message: string,
    author?: Omit<Signature, 'date'>,
  ): Promise<string>;
  setGithub(faults: GithubSwitches): void;
  setArgocd(faults: ArgocdSwitches): void;
  tags(repository: string): string[];
  /** Builds a version of the demo service from new commits, and pushes its image. */
  build(tag: string): Promise<void>;
  reset(): Promise<void>;
}

/** What can be wrong with the stand-in for GitHub. @public */
export interface GithubSwitches {
  down?: boolean;
  tokenRefused?: boolean;
  rateLimited?: boolean;
}

/** What can be wrong with the stand-in for Argo CD. @public */
export interface ArgocdSwitches {
  down?: boolean;
  tokenRefused?: boolean;
  syncRefused?: boolean;
  syncWindow?: boolean;
  /** Git is looked at only when that is asked for. */
  idle?: boolean;
}

/** Something that a person can have happen. */
export interface Action {
  group: 'Git' | 'Argo CD' | 'GitHub' | 'Sandbox';
  title: string;
  /** Returns what happened, in a sentence. */
  run(stage: Stage): Promise<string>;
}

/** Everything that a person can have happen, by name, in the order of the page. */
export const ACTIONS: Record<string, Action> = {
  'push-version': {
    group: 'Git',
    title: 'Push a new version to local',
    run: async stage => {
      const overlay = await overlayOf(stage, LOCAL);
      const tag = patchAfter(overlay.tag);
      await stage.build(tag);
      return release(stage, overlay.text, tag);
    },
  },
  'push-missing-version': {
    group: 'Git',
    title: 'Push a version to local that the registry lacks',
    run: async stage => {
      const overlay = await overlayOf(stage, LOCAL);
      const tags = stage.tags(DEMO_IMAGE);
      let tag = minorAfter(overlay.tag);
      while (tags.includes(tag)) {
        tag = minorAfter(tag);
      }
      return release(stage, overlay.text, tag);
    },
  },
  'break-stage': {
    group: 'Git',
    title: "Break stage's overlay",
    run: async stage => {
      const { text } = await overlayOf(stage, STAGE);
      if (isMalformed(text)) {
        return "Stage's overlay is broken already";
      }
      // A quote that was never closed.
      const broken = text.replace(/^(\s*newTag:\s*"[^"\n]*)"/m, '$1');
      await stage.commit({ [STAGE]: broken }, 'Tidy the stage overlay');
      return "Stage's overlay is malformed now";
    },
  },
  'mend-stage': {
    group: 'Git',
    title: "Mend stage's overlay",
    run: async stage => {
      const [current, ...earlier] = await stage.fileHistory(STAGE);
      const mended = [current, ...earlier].find(text => !isMalformed(text));
      if (mended === undefined || mended === current) {
        return "There is nothing to mend in stage's overlay";
      }
      await stage.commit({ [STAGE]: mended }, 'Mend the stage overlay');
      return "Stage's overlay is as it was before it was broken";
    },
  },
  'stage-by-hand': {
    group: 'Git',
    title: 'Switch the auto-sync of stage off',
    run: async stage => {
      const text = (await stage.readFile(STAGE_APPLICATION)) ?? '';
      const byHand = text.replace(/^ +automated:\n( {6}.*\n)+/m, '');
      if (byHand === text) {
        return 'The auto-sync of stage is off already';
      }
      await stage.commit({ [STAGE_APPLICATION]: byHand }, 'Sync stage by hand');
      return 'Stage is synced only when somebody asks for it';
    },
  },
  'argocd-idle': {
    group: 'Argo CD',
    title: 'Have Argo CD look at Git only when asked',
    run: async stage => {
      stage.setArgocd({ idle: true });
      return 'Argo CD looks at Git only when it is asked to refresh or sync';
    },
  },
  'argocd-watchful': {
    group: 'Argo CD',
    title: 'Have Argo CD look at Git by itself',
    run: async stage => {
      stage.setArgocd({ idle: false });
      return 'Argo CD looks at Git by itself';
    },
  },
  'argocd-refuse-sync': {
    group: 'Argo CD',
    title: 'Take the right to sync from the account',
    run: async stage => {
      stage.setArgocd({ syncRefused: true });
      return 'The account may get Applications, and not sync them';
    },
  },
  'argocd-accept-sync': {
    group: 'Argo CD',
    title: 'Give the account the right to sync',
    run: async stage => {
      stage.setArgocd({ syncRefused: false });
      return 'The account may sync Applications';
    },
  },
  'argocd-close-window': {
    group: 'Argo CD',
    title: 'Close the sync window',
    run: async stage => {
      stage.setArgocd({ syncWindow: true });
      return 'A sync window denies syncs by hand';
    },
  },
  'argocd-open-window': {
    group: 'Argo CD',
    title: 'Open the sync window',
    run: async stage => {
      stage.setArgocd({ syncWindow: false });
      return 'Syncs by hand are allowed';
    },
  },
  'argocd-down': {
    group: 'Argo CD',
    title: 'Take Argo CD down',
    run: async stage => {
      stage.setArgocd({ down: true });
      return 'Argo CD is down';
    },
  },
  'argocd-up': {
    group: 'Argo CD',
    title: 'Bring Argo CD back',
    run: async stage => {
      stage.setArgocd({ down: false });
      return 'Argo CD is up';
    },
  },
  'argocd-refuse-token': {
    group: 'Argo CD',
    title: 'Have Argo CD refuse the token',
    run: async stage => {
      stage.setArgocd({ tokenRefused: true });
      return 'Argo CD refuses the token';
    },
  },
  'argocd-accept-token': {
    group: 'Argo CD',
    title: 'Have Argo CD accept the token',
    run: async stage => {
      stage.setArgocd({ tokenRefused: false });
      return 'Argo CD accepts the token';
    },
  },
  'github-down': {
    group: 'GitHub',
    title: 'Take GitHub down',
    run: async stage => {
      stage.setGithub({ down: true });
      return 'GitHub is down';
    },
  },
  'github-up': {
    group: 'GitHub',
    title: 'Bring GitHub back',
    run: async stage => {
      stage.setGithub({ down: false });
      return 'GitHub is up';
    },
  },
  'github-refuse-token': {
    group: 'GitHub',
    title: 'Have GitHub refuse the token',
    run: async stage => {
      stage.setGithub({ tokenRefused: true });
      return 'GitHub refuses the token';
    },
  },
  'github-accept-token': {
    group: 'GitHub',
    title: 'Have GitHub accept the token',
    run: async stage => {
      stage.setGithub({ tokenRefused: false });
      return 'GitHub accepts the token';
    },
  },
  'github-rate-limit': {
    group: 'GitHub',
    title: "Reach GitHub's rate limit",
    run: async stage => {
      stage.setGithub({ rateLimited: true });
      return "GitHub's rate limit is reached";
    },
  },
  'github-lift-rate-limit': {
    group: 'GitHub',
    title: "Lift GitHub's rate limit",
    run: async stage => {
      stage.setGithub({ rateLimited: false });
      return "GitHub's rate limit is lifted";
    },
  },
  reset: {
    group: 'Sandbox',
    title: 'Reset everything',
    run: async stage => {
      await stage.reset();
      return 'Everything is as it was in the beginning';
    },
  },
};

async function overlayOf(
  stage: Stage,
  path: string,
): Promise<{ text: string; tag: string }> {
  const text = await stage.readFile(path);
  const tag = text && tagOf(text);
  if (!tag) {
    throw new Error(`${path} pins no image tag; reset the sandbox`);
  }
  return { text, tag };
}

async function release(stage: Stage, overlay: string, tag: string) {
  await stage.commit(
    { [LOCAL]: withTag(overlay, tag) },
    `demo ${tag} to local`,
    { name: 'Release bot', email: 'release@example.com' },
  );
  return `Local is at ${tag} in Git`;
}

function isMalformed(text: string): boolean {
  return parseDocument(text).errors.length > 0;
}
