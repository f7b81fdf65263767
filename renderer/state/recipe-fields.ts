/** The form for an advanced recipe: the encoder says which fields it has and what they may hold, texts.ts what each is. */
import type { RecipeField, RecipeForm } from '../../electron/ipc/contract.ts';
import { texts } from '../base/texts.ts';

export type NumberField = Extract<RecipeField, { least: number }>;

/** by name */
export type Fields = Readonly<Record<string, string>>;
/** What was set by hand. */
export type SetFields = Readonly<Record<string, string | undefined>>;

const kindOf = ({ kindField, kinds }: RecipeForm, fields: SetFields): string => {
  const chosen = fields[kindField];
  return chosen !== undefined && chosen in kinds ? chosen : Object.keys(kinds)[0]!;
};

/** The form: what was set by hand, and for the rest what the kind of recipe that is chosen begins with. */
export function formFields(form: RecipeForm, set: SetFields): Fields {
  const kind = kindOf(form, set);
  const { defaults } = form.kinds[kind]!;
  const fields = form.fields.map(({ name }) => [name, set[name] ?? String(defaults[name] ?? '')]);
  return { ...(Object.fromEntries(fields) as Fields), [form.kindField]: kind };
}

/** After a field was set: one with the value that it has by default counts as untouched. */
export function setField(form: RecipeForm, set: SetFields, name: string, value: string): SetFields {
  const untouched = { ...set, [name]: undefined };
  return formFields(form, untouched)[name] === value ? untouched : { ...untouched, [name]: value };
}

/** The fields that a recipe with these choices has. */
export function askedFields(form: RecipeForm, fields: Fields): RecipeField[] {
  return form.fields.filter(({ onlyFor = {} }) =>
    Object.entries(onlyFor).every(([choice, value]) => fields[choice] === value),
  );
}

/** The recipe, of those with a name, with which a training takes about as long as by the form, and the field of its epochs. */
export function timeOfForm(form: RecipeForm, fields: Fields): { readonly recipe: string; readonly epochs: string } {
  const chosen = askedFields(form, fields).map((field) =>
    'choices' in field ? field.timedAs?.[fields[field.name] ?? ''] : undefined,
  );
  return (
    chosen.find((time) => time !== undefined) ?? { recipe: form.kinds[kindOf(form, fields)]!.recipe, epochs: 'epochs' }
  );
}

interface Words {
  readonly label: string;
  readonly hint?: string;
}

/** What a field, or one of its choices, is called; one that this window has no words for has its own name. */
export function fieldLabel(name: string, choice?: string): string {
  return wordsOf(name, choice).label;
}

/** The line below a field; some mean something else in one kind of recipe. */
export function fieldHint(form: RecipeForm, field: RecipeField, fields: Fields): string {
  const ofKind: Readonly<Record<string, Readonly<Record<string, string>>>> = texts.training.kindHints;
  const hint = ofKind[kindOf(form, fields)]?.[field.name] ?? wordsOf(field.name).hint;
  const range = 'least' in field ? texts.fields.range(field.least, field.most) : undefined;
  return [hint, range].filter((part) => part !== undefined).join(' ');
}

export const choiceHint = (name: string, choice: string): string | undefined => wordsOf(name, choice).hint;

function wordsOf(name: string, choice?: string): Words {
  const fields: Readonly<Record<string, Words & { readonly choices?: Readonly<Record<string, Words>> }>> =
    texts.training.field;
  if (choice === undefined) return fields[name] ?? { label: name };
  return fields[name]?.choices?.[choice] ?? { label: choice };
}

/** What is wrong with the value of a field, in words; null when nothing is. */
export function checkField(field: RecipeField, value: string): string | null {
  return 'least' in field ? checkNumber(field, value) : null;
}

export function checkNumber({ least, most, whole }: Omit<NumberField, 'name'>, value: string): string | null {
  const text = value.trim();
  const number = Number(text);
  if (text === '' || !Number.isFinite(number)) return texts.fields.number;
  if (whole && !Number.isInteger(number)) return texts.fields.whole;
  return number < least || number > most ? texts.fields.between(least, most) : null;
}
