type Environment = Readonly<Record<string, string | undefined>>;

export function missingSecrets(platform: NodeJS.Platform, environment: Environment): string[];
export function signingText(platform: NodeJS.Platform, environment: Environment): string | undefined;
export function builderEnvironment(
  platform: NodeJS.Platform,
  environment: Environment,
): Record<string, string | undefined>;
export function tagProblem(tag: string, ofPackage: string, changelog: string): string | undefined;
export function notesOf(wanted: string, changelog: string): string | undefined;
export function checksums(folder: string): Promise<string>;
