export interface Config {
  gitops?: {
    /**
     * Where the pages about findings are, with `{code}` in place of a finding's code.
     *
     * Default: those of this plugin's repository
     * @visibility frontend
     */
    findingDocsUrl?: string;
  };
}
