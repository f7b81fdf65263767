/** npm's client for HTTP, with the proxies and certificates of its configuration; it ships no types. */
declare module 'make-fetch-happen' {
  export default function fetch(
    address: string,
    options: {
      readonly headers: Readonly<Record<string, string>>;
      readonly redirect: 'manual';
      readonly cache: 'no-store';
      readonly retry: { readonly retries: 0 };
      readonly timeout: number;
      readonly signal: AbortSignal;
    } & Record<string, unknown>,
  ): Promise<{
    readonly status: number;
    readonly headers: { get(name: string): string | null };
    readonly body: AsyncIterable<Uint8Array> & { destroy(): void };
  }>;
}
