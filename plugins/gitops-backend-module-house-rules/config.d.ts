export interface Config {
  gitops?: {
    houseRules?: {
      /** Names of the environments that the house rules are for; none when absent. */
      environments?: string[];
    };
  };
}
