/**
 * A small typed builder of ONNX graphs.
 *
 * Why our own: ResNet50 is converted, and a training step is written as one graph, on the user's machine, and the existing
 * tools for that need Python. The builder names values, keeps the nodes in order (ONNX requires topological order, which is
 * the order of the calls) and writes the file.
 */
import { ModelProto, attributeTypes, dataTypes, type DataType } from './proto.ts';

/** A number is a fixed size, a name is a size known only at run time (a batch size). */
export type Dimension = number | string;

/** The name of a tensor in the graph. Opaque: only a builder makes them. */
export type Value = string & { readonly __value: unique symbol };

type Attribute = number | string | readonly number[] | { readonly float: number };

/** The operators in use, with their attributes (ONNX operator set 17). `{ float }` marks floating-point ones. */
export interface Operators {
  Add: Record<never, never>;
  ArgMax: { axis: number; keepdims: 0 | 1 };
  Cast: { to: number };
  Concat: { axis: number };
  Conv: { kernel_shape: readonly number[]; strides: readonly number[]; pads: readonly number[] };
  DequantizeLinear: Record<never, never>;
  Div: Record<never, never>;
  Equal: Record<never, never>;
  Exp: Record<never, never>;
  Expand: Record<never, never>;
  Flatten: { axis: number };
  Gather: { axis: number };
  Gemm: { transA?: 0 | 1; transB?: 0 | 1; alpha?: { float: number }; beta?: { float: number } };
  GlobalAveragePool: Record<never, never>;
  Greater: Record<never, never>;
  Identity: Record<never, never>;
  LessOrEqual: Record<never, never>;
  Log: Record<never, never>;
  LogSoftmax: { axis: number };
  Max: Record<never, never>;
  MaxPool: { kernel_shape: readonly number[]; strides: readonly number[]; pads: readonly number[] };
  Min: Record<never, never>;
  Mul: Record<never, never>;
  Not: Record<never, never>;
  Pad: { mode?: string };
  /** as QLinearConv's, of ONNX Runtime (domain com.microsoft): a, its scale and zero point, b, its, and those of the result */
  QLinearAdd: Record<never, never>;
  /** x, its scale and zero point, the kernel, its scales and zero points, those of the result, and the bias as int32 */
  QLinearConv: { kernel_shape: readonly number[]; strides: readonly number[]; pads: readonly number[] };
  QuantizeLinear: Record<never, never>;
  /** normally distributed, of the shape of its input; without a seed others in each run */
  RandomNormalLike: { seed?: { float: number } };
  Range: Record<never, never>;
  Reciprocal: Record<never, never>;
  ReduceMean: { axes: readonly number[]; keepdims: 0 | 1 };
  ReduceSum: { keepdims: 0 | 1 };
  Relu: Record<never, never>;
  Reshape: Record<never, never>;
  ScatterElements: { axis: number; reduction?: 'none' | 'add' };
  ScatterND: { reduction?: 'none' | 'add' };
  Shape: Record<never, never>;
  Softmax: { axis: number };
  Sqrt: Record<never, never>;
  Squeeze: Record<never, never>;
  Sub: Record<never, never>;
  TopK: { axis: number; largest: 0 | 1; sorted: 0 | 1 };
  Transpose: { perm: readonly number[] };
  Unsqueeze: Record<never, never>;
  Where: Record<never, never>;
}

export type TensorData = Float32Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;

/** Operators that are not ONNX's own. */
const domains: { readonly [Operator in keyof Operators]?: string } = { QLinearAdd: 'com.microsoft' };

interface Node {
  input: string[];
  output: string[];
  name: string;
  opType: string;
  domain?: string;
  attribute: object[];
}

export class GraphBuilder {
  readonly #name: string;
  readonly #nodes: Node[] = [];
  readonly #inputs: object[] = [];
  readonly #outputs: object[] = [];
  readonly #initializers: object[] = [];
  readonly #names = new Set<string>();
  /** names of results in the file, where they differ */
  readonly #outputNames = new Map<string, string>();
  #counter = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** Declares an input of the graph. */
  input(name: string, type: DataType, shape: readonly Dimension[]): Value {
    this.#inputs.push(valueInfo(name, type, shape));
    return this.#claim(name);
  }

  /** Embeds a tensor in the file. */
  constant(name: string, shape: readonly number[], data: TensorData): Value {
    const extent = shape.reduce((product, n) => product * n, 1);
    if (extent !== data.length) {
      throw new RangeError(`constant ${name}: shape [${shape.join(', ')}] does not hold ${data.length} elements`);
    }
    this.#initializers.push({
      name,
      dims: shape,
      dataType: dataTypes[typeOf(data)],
      rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    });
    return this.#claim(name);
  }

  scalar(value: number): Value {
    return this.constant(this.#fresh('scalar'), [], Float32Array.of(value));
  }

  /** One whole number, as the bounds of a Range. */
  integer(value: number): Value {
    return this.constant(this.#fresh('integer'), [], BigInt64Array.of(BigInt(value)));
  }

  /** A shape, a list of axes or indices. */
  integers(...values: number[]): Value {
    return this.constant(this.#fresh('integers'), [values.length], BigInt64Array.from(values, BigInt));
  }

  /** Appends an operator with one result. */
  op<K extends keyof Operators>(
    kind: K,
    inputs: readonly Value[],
    ...attributes: Record<never, never> extends Operators[K] ? [Operators[K]?] : [Operators[K]]
  ): Value {
    return this.ops(kind, inputs, 1, ...attributes)[0]!;
  }

  /** Appends an operator with several results. */
  ops<K extends keyof Operators>(
    kind: K,
    inputs: readonly Value[],
    results: number,
    ...attributes: Record<never, never> extends Operators[K] ? [Operators[K]?] : [Operators[K]]
  ): Value[] {
    const name = this.#fresh(kind);
    const output = Array.from({ length: results }, (_, i) => this.#claim(results === 1 ? name : `${name}:${i}`));
    this.#nodes.push({
      name,
      opType: kind,
      ...(domains[kind] === undefined ? {} : { domain: domains[kind] }),
      input: [...inputs],
      output: [...output],
      attribute: Object.entries(attributes[0] ?? {}).map(([key, value]) => attribute(key, value as Attribute)),
    });
    return output;
  }

  /** Declares `value` as a result of the graph under the name `name`. */
  output(name: string, value: Value, type: DataType, shape: readonly Dimension[]): void {
    this.#claim(name);
    const computed = this.#nodes.some(({ output }) => output.includes(value));
    if (computed && !this.#outputNames.has(value)) {
      // The node's result is renamed; an Identity node after it would copy a value that other nodes also read.
      this.#outputNames.set(value, name);
    } else {
      this.#nodes.push({ name: `output:${name}`, opType: 'Identity', input: [value], output: [name], attribute: [] });
    }
    this.#outputs.push(valueInfo(name, type, shape));
  }

  /** The bytes of the .onnx file. */
  toBytes(): Uint8Array {
    const renamed = (value: string) => this.#outputNames.get(value) ?? value;
    const model = {
      irVersion: 8,
      producerName: 'Descry',
      opsetImport: [
        { domain: '', version: 17 },
        ...[...new Set(this.#nodes.flatMap(({ domain }) => domain ?? []))].map((domain) => ({ domain, version: 1 })),
      ],
      graph: {
        name: this.#name,
        node: this.#nodes.map((node) => ({
          ...node,
          input: node.input.map(renamed),
          output: node.output.map(renamed),
        })),
        initializer: this.#initializers,
        input: this.#inputs,
        output: this.#outputs,
      },
    };
    return ModelProto.encode(ModelProto.fromObject(model)).finish();
  }

  #fresh(prefix: string): string {
    return `${prefix}_${++this.#counter}`;
  }

  #claim(name: string): Value {
    if (this.#names.has(name)) throw new RangeError(`the graph ${this.#name} already has a value named ${name}`);
    this.#names.add(name);
    return name as Value;
  }
}

function typeOf(data: TensorData): DataType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Int32Array) return 'int32';
  return 'int64';
}

function valueInfo(name: string, type: DataType, shape: readonly Dimension[]): object {
  const dim = shape.map((extent) => (typeof extent === 'number' ? { dimValue: extent } : { dimParam: extent }));
  return { name, type: { tensorType: { elemType: dataTypes[type], shape: { dim } } } };
}

function attribute(name: string, value: Attribute): object {
  if (typeof value === 'number') return { name, i: value, type: attributeTypes.int };
  if (typeof value === 'string') return { name, s: Buffer.from(value), type: attributeTypes.string };
  if ('float' in value) return { name, f: value.float, type: attributeTypes.float };
  return { name, ints: value, type: attributeTypes.ints };
}
