/** Small changes to parsed JSON that an earlier version wrote. What is no object passes through for a schema to refuse. */

type JsonObject = Record<string, unknown>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Applies a change to each of the named fields that is there. */
export function withChanged(value: unknown, changes: Readonly<Record<string, (field: unknown) => unknown>>): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, Object.hasOwn(changes, name) ? changes[name]!(field) : field]),
  );
}

/** @param names new names by the former ones; a field that has its new name already stays as it is */
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
 * Leaves out options that are gone, where they have the value without effect. With another value they stay, so that a
 * strict schema refuses them by name.
 */
export function withoutRetired(value: unknown, withoutEffect: Readonly<JsonObject>): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(
      ([name, field]) => !Object.hasOwn(withoutEffect, name) || field !== withoutEffect[name],
    ),
  );
}
