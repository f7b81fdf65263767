/**
 * The fields of a recipe that forms and options of the command line may set, and their limits. The recipe's schema
 * (recipe.ts) is made of the same limits.
 */

/** Kinds of image branch: a kernel machine, or layers that are trained like those of the text branch. */
export const imageBranches = ['kernel', 'layers'] as const;
export type ImageBranch = (typeof imageBranches)[number];

export const losses = ['softmax', 'ranking'] as const;
export type Loss = (typeof losses)[number];

/** Stage 5 of ResNet50: as it is, or fine-tuned. */
export const stage5Choices = ['frozen', 'tuned'] as const;
export type Stage5Choice = (typeof stage5Choices)[number];

export interface RecipeChoice {
  readonly name: 'imageBranch' | 'loss' | 'stage5';
  readonly choices: readonly string[];
  /** see models/contract/training.ts */
  readonly timedAs?: Readonly<Record<string, { readonly recipe: string; readonly epochs: string }>>;
}

export interface RecipeNumber {
  readonly name: string;
  /** the place in the recipe */
  readonly path: readonly [string, string];
  readonly least: number;
  readonly most: number;
  /** a whole number */
  readonly whole: boolean;
  /** the field exists only with this choice */
  readonly onlyFor?: { readonly imageBranch?: ImageBranch; readonly loss?: Loss; readonly stage5?: Stage5Choice };
}

const withKernel = { imageBranch: 'kernel' } as const;
const withTuning = { stage5: 'tuned' } as const;

/** In the order in which a form asks for them. */
export const recipeFields = [
  { name: 'imageBranch', choices: imageBranches },
  { name: 'kernelWidth', path: ['kernel', 'width'], least: 0.01, most: 100, whole: false, onlyFor: withKernel },
  // With a smaller ridge the fit fails in 32-bit arithmetic.
  { name: 'ridge', path: ['kernel', 'ridge'], least: 0.01, most: 100, whole: false, onlyFor: withKernel },
  { name: 'components', path: ['kernel', 'components'], least: 8, most: 4096, whole: true, onlyFor: withKernel },
  { name: 'loss', choices: losses },
  {
    name: 'temperature',
    path: ['objective', 'temperature'],
    least: 0.005,
    most: 1,
    whole: false,
    onlyFor: { loss: 'softmax' },
  },
  // A distance of embeddings is 2 at most.
  { name: 'margin', path: ['objective', 'margin'], least: 0.001, most: 2, whole: false, onlyFor: { loss: 'ranking' } },
  { name: 'stage5', choices: stage5Choices, timedAs: { tuned: { recipe: 'tuned', epochs: 'tuningEpochs' } } },
  { name: 'tuningEpochs', path: ['tuning', 'epochs'], least: 1, most: 100, whole: true, onlyFor: withTuning },
  { name: 'tuningRate', path: ['tuning', 'learningRate'], least: 0.000001, most: 1, whole: false, onlyFor: withTuning },
  { name: 'batch', path: ['optimiser', 'batch'], least: 2, most: 8192, whole: true },
  { name: 'epochs', path: ['optimiser', 'epochs'], least: 1, most: 1000, whole: true },
  { name: 'learningRate', path: ['optimiser', 'learningRate'], least: 0.000001, most: 10, whole: false },
  { name: 'dropout', path: ['optimiser', 'dropout'], least: 0, most: 0.95, whole: false },
  // Also for an image branch with layers; a kernel machine has as many hidden units as there are photos.
  { name: 'hidden', path: ['network', 'textHidden'], least: 8, most: 8192, whole: true },
  { name: 'embedding', path: ['network', 'embedding'], least: 8, most: 2048, whole: true },
] as const satisfies readonly (RecipeChoice | RecipeNumber)[];

export type RecipeNumberName = Exclude<(typeof recipeFields)[number]['name'], RecipeChoice['name']>;

export const recipeNumbers: readonly RecipeNumber[] = recipeFields.filter((field) => 'path' in field);

/** The field of this name. */
export function recipeNumber(name: RecipeNumberName): RecipeNumber {
  return recipeNumbers.find((field) => field.name === name)!;
}
