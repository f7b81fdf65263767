/**
 * The fields of an advanced recipe and which values make sense (what each is, in one line: texts.ts). The services
 * check them again against the recipe's own schema.
 */
import type { ImageBranch, RecipeDefaults } from '../../electron/ipc/contract.ts';
import { texts } from '../base/texts.ts';

export type FieldName =
  | 'imageBranch'
  | 'kernelWidth'
  | 'ridge'
  | 'components'
  | 'loss'
  | 'margin'
  | 'temperature'
  | 'batch'
  | 'epochs'
  | 'learningRate'
  | 'dropout'
  | 'hidden'
  | 'embedding';

interface ValueRule {
  readonly kind: 'choice' | 'number' | 'whole';
  readonly least?: number;
  readonly most?: number;
}

export interface RecipeField extends ValueRule {
  readonly name: FieldName;
  /** asked for with these choices only */
  readonly onlyFor?: { readonly loss?: 'softmax' | 'ranking'; readonly imageBranch?: ImageBranch };
}

const withKernel = { imageBranch: 'kernel' } as const;

export const recipeFields: readonly RecipeField[] = [
  { name: 'imageBranch', kind: 'choice' },
  { name: 'kernelWidth', kind: 'number', least: 0.01, most: 100, onlyFor: withKernel },
  // A smaller ridge is lost in the 32-bit arithmetic of the fit.
  { name: 'ridge', kind: 'number', least: 0.01, most: 100, onlyFor: withKernel },
  { name: 'components', kind: 'whole', least: 8, most: 4096, onlyFor: withKernel },
  { name: 'loss', kind: 'choice' },
  { name: 'temperature', kind: 'number', least: 0.005, most: 1, onlyFor: { loss: 'softmax' } },
  { name: 'margin', kind: 'number', least: 0.001, most: 1, onlyFor: { loss: 'ranking' } },
  { name: 'batch', kind: 'whole', least: 8, most: 4096 },
  { name: 'epochs', kind: 'whole', least: 1, most: 500 },
  { name: 'learningRate', kind: 'number', least: 0.000001, most: 5 },
  { name: 'dropout', kind: 'number', least: 0, most: 0.95 },
  { name: 'hidden', kind: 'whole', least: 16, most: 8192 },
  { name: 'embedding', kind: 'whole', least: 16, most: 2048 },
];

export type Fields = Readonly<Record<FieldName, string>>;
/** What was set by hand. */
export type SetFields = { readonly [Name in FieldName]?: string | undefined };

/**
 * The form: what was set by hand, and for the rest the best recipe with the image branch that is chosen (for the loss
 * that this does not use the paper's figures).
 */
export function formFields(defaults: Partial<RecipeDefaults>, set: SetFields): Fields {
  const imageBranch: ImageBranch = set.imageBranch === 'layers' ? 'layers' : 'kernel';
  const recipe = defaults[imageBranch] ?? {};
  const unused: SetFields = { imageBranch, margin: '0.05', temperature: '0.05' };
  const value = ({ name }: RecipeField) => set[name] ?? String(recipe[name] ?? unused[name] ?? '');
  return Object.fromEntries(recipeFields.map((field) => [field.name, value(field)])) as Record<FieldName, string>;
}

/** After a field was set: one with the value that it has by default counts as untouched. */
export function setField(defaults: Partial<RecipeDefaults>, set: SetFields, name: FieldName, value: string): SetFields {
  const untouched = { ...set, [name]: undefined };
  return formFields(defaults, untouched)[name] === value ? untouched : { ...untouched, [name]: value };
}

/** The fields that a recipe with these choices has. */
export function askedFields(fields: Fields): RecipeField[] {
  return recipeFields.filter(
    ({ onlyFor: { loss, imageBranch } = {} }) =>
      (!loss || loss === fields.loss) && (!imageBranch || imageBranch === fields.imageBranch),
  );
}

/** The line below a field; some mean something else when the image branch is a kernel machine. */
export function fieldHint(name: FieldName, fields: Fields): string {
  const kernelHints: Partial<Record<FieldName, string>> = texts.training.kernelHints;
  return (fields.imageBranch === 'kernel' && kernelHints[name]) || texts.training.field[name].hint;
}

/** What is wrong with a value, in words; null when nothing is. */
export function checkField(field: ValueRule, value: string): string | null {
  if (field.kind === 'choice') return null;
  const text = value.trim();
  const number = Number(text);
  if (text === '' || !Number.isFinite(number)) return texts.fields.number;
  if (field.kind === 'whole' && !Number.isInteger(number)) return texts.fields.whole;
  const { least = -Infinity, most = Infinity } = field;
  if (number < least || number > most) {
    return texts.fields.between(least, most);
  }
  return null;
}
