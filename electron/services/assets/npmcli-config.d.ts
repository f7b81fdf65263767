/** npm's own reader of its configuration files and environment; it ships no types. */
declare module '@npmcli/config' {
  export default class Config {
    constructor(options: {
      npmPath: string;
      definitions: unknown;
      shorthands: unknown;
      flatten: unknown;
      argv: readonly string[];
      env?: NodeJS.ProcessEnv;
    });
    load(): Promise<void>;
    /** the options in the form that npm's libraries take */
    readonly flat: Record<string, unknown>;
  }
}

declare module '@npmcli/config/lib/definitions/index.js' {
  const value: { definitions: unknown; shorthands: unknown; flatten: unknown };
  export default value;
}
