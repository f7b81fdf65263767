import type { Feed } from '../../electron/services/update/feed.ts';

export const feedName: string;
export function signedFeed(feed: unknown, key: string): string;
export function feedFiles(folder: string): Promise<Feed['files']>;
export function writeFeed(folder: string, version: string, key: string | undefined): Promise<string>;
