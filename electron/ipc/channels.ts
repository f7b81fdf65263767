/** Names of Electron's channels: one for each request and event of the contract, and no other. */
export const requestChannel = (name: string): string => `descry:request:${name}`;
export const eventChannel = (name: string): string => `descry:event:${name}`;
