import {
  ApplicationCommits,
  ApplicationStatus,
  PinChange,
  PodImages,
} from '@gitops-infra/backstage-plugin-gitops-common';
import { MergeMethod, PullRequestSettings } from '../config';
import { PromotionStore, StoredPromotion } from '../database/PromotionStore';
import { InfraRepository, RepositoryWriter } from '../github/InfraRepository';
import { UserToken } from '../github/UserToken';
import { ReadModel } from '../readmodel/ReadModel';
import { NamedImages } from '../registry/NamedImages';
import { PromotionGates } from './PromotionGates';

/** What the parts of the engine work with; each takes what it needs of it. */
export interface PromotionContext {
  readModel: ReadModel;
  store: PromotionStore;
  /** Whether an infra repository is configured still, by its URL. */
  isConfigured: (repository: string) => boolean;
  /** @throws NotFoundError where the promotion's infra repository is not configured any more. */
  github: (promotion: StoredPromotion) => InfraRepository;
  /**
   * What a promotion is written with: the token of the person who asks, or that of the integration.
   *
   * @throws as `github`
   */
  writer: (
    promotion: StoredPromotion,
    token: UserToken | undefined,
  ) => RepositoryWriter;
  /** Address of an entity's page in Backstage. */
  pageUrl: (entityRef: string) => string;
  /** Told the service of each promotion that changed. */
  onChange: (service: string) => void;
  /** The commits of applications that come with a change, as far as that is soon known. Never rejects. */
  applicationCommits: (changes: PinChange[]) => Promise<ApplicationCommits[]>;
  /** Asks registries for what there is no answer for yet; absent where none may be asked. */
  namedImages?: Pick<NamedImages, 'lookUp'>;
  /**
   * Looks at what an Application's pods run now; absent where no Argo CD may be asked.
   *
   * @throws where that cannot be told, or takes too long
   */
  podImages?: (
    application: ApplicationStatus,
    signal: AbortSignal,
  ) => Promise<PodImages>;
  mergeMethod: MergeMethod;
  pullRequest: PullRequestSettings;
  gates: PromotionGates;
  /** Milliseconds from any point in time, never going back. */
  monotonic: () => number;
}
