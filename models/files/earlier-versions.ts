/** Small changes to parsed JSON that an earlier version wrote. A value that is not an object is returned as it is. */

type JsonObject = Record<string, unknown>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Applies a change to each of the named fields that exist. */
export function withChanged(value: unknown, changes: Readonly<Record<string, (field: unknown) => unknown>>): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, Object.hasOwn(changes, name) ? changes[name]!(field) : field]),
  );
}

/** @param names new names by old names; a field that already has its new name is not changed */
export function withRenamed(value: unknown, names: Readonly<Record<string, string>>): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      const present = Object.hasOwn(names, name) ? names[name]! : name;
      return [Object.hasOwn(value, present) ? name : present, field];
    }),
  );
}

/**
 * Removes obsolete options whose value has no effect. With another value they stay, so that a strict schema rejects them by
 * name.
 */
export function withoutObsolete(value: unknown, withoutEffect: Readonly<JsonObject>): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(
      ([name, field]) => !Object.hasOwn(withoutEffect, name) || field !== withoutEffect[name],
    ),
  );
}
