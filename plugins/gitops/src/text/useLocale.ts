import {
  appLanguageApiRef,
  useApiHolder,
} from '@backstage/frontend-plugin-api';

/** The language that the app is shown in, for `Intl`; the browser's where the app does not say. */
export function useLocale(): string | undefined {
  return useApiHolder().get(appLanguageApiRef)?.getLanguage().language;
}
