/** Lets work in the background wait while the user searches or has paused indexing, and rest as long as the user's setting asks for. */
export interface Pace {
  mayGoOn(signal: AbortSignal | undefined): Promise<void>;
  /** @param sinceMs when the work began after which it rests */
  rest(sinceMs: number, signal: AbortSignal | undefined): Promise<void>;
}
