/**
 * exp(value / temperature), divided by their sum, in place. The largest value is subtracted first, so that nothing overflows.
 *
 * @returns `values`: non-negative, their sum is 1
 */
export function softmax<Values extends Float32Array | Float64Array>(values: Values, temperature = 1): Values {
  let largest = -Infinity;
  for (const value of values) largest = Math.max(largest, value);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] = Math.exp((values[i]! - largest) / temperature);
  for (let i = 0; i < values.length; i++) values[i]! /= sum;
  return values;
}
