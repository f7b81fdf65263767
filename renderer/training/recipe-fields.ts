/**
 * The fields of an advanced recipe and which values make sense (what each is, in one line: texts.ts). The main side
 * checks them again against the recipe's own schema.
 */
import { texts } from '../texts.ts';

export type FieldName =
  'loss' | 'margin' | 'temperature' | 'batch' | 'epochs' | 'learningRate' | 'dropout' | 'hidden' | 'embedding';

interface ValueRule {
  readonly kind: 'choice' | 'number' | 'whole';
  readonly least?: number;
  readonly most?: number;
}

export interface RecipeField extends ValueRule {
  readonly name: FieldName;
  readonly choices?: readonly ('softmax' | 'ranking')[];
  /** asked for with this loss only */
  readonly onlyFor?: string;
}

export const recipeFields: readonly RecipeField[] = [
  { name: 'loss', kind: 'choice', choices: ['softmax', 'ranking'] },
  { name: 'temperature', kind: 'number', least: 0.005, most: 1, onlyFor: 'softmax' },
  { name: 'margin', kind: 'number', least: 0.001, most: 1, onlyFor: 'ranking' },
  { name: 'batch', kind: 'whole', least: 8, most: 4096 },
  { name: 'epochs', kind: 'whole', least: 1, most: 500 },
  { name: 'learningRate', kind: 'number', least: 0.000001, most: 5 },
  { name: 'dropout', kind: 'number', least: 0, most: 0.95 },
  { name: 'hidden', kind: 'whole', least: 16, most: 8192 },
  { name: 'embedding', kind: 'whole', least: 16, most: 2048 },
];

/** The form before anything is typed: the default recipe, and for the loss that it does not use the paper's figures. */
export function initialFields(recipe: Readonly<Record<string, string | number>>): Record<FieldName, string> {
  const unused: Partial<Record<FieldName, number>> = { margin: 0.05, temperature: 0.05 };
  const value = ({ name }: RecipeField) => String(recipe[name] ?? unused[name] ?? '');
  return Object.fromEntries(recipeFields.map((field) => [field.name, value(field)])) as Record<FieldName, string>;
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
