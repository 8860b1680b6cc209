export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/**
 * The part of Kubernetes' structural OpenAPI v3 schema that our three kinds use. Patterns keep to the syntax that RE2 (the
 * API server) and ECMAScript (ajv) share.
 */
export interface StructuralSchema {
  readonly type: "object" | "array" | "string" | "integer" | "boolean";
  readonly description: string;
  readonly default?: JsonValue;
  readonly enum?: readonly string[];
  readonly format?: "date-time" | "int32" | "int64";
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: StructuralSchema;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly required?: readonly string[];
  /** Schema of the values of a map. */
  readonly additionalProperties?: StructuralSchema;
  readonly "x-kubernetes-preserve-unknown-fields"?: true;
  readonly "x-kubernetes-list-type"?: "atomic" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
}

type RequiredKey<S> = S extends { readonly required: readonly (infer K)[] }
  ? K
  : never;

type Simplify<T> = { readonly [K in keyof T]: T[K] };

type ObjectOf<S, P> = Simplify<
  {
    readonly [K in keyof P as K extends RequiredKey<S> ? K : never]: FromSchema<
      P[K]
    >;
  } & {
    readonly [
      K in keyof P as K extends RequiredKey<S> ? never : K
    ]?: FromSchema<P[K]>;
  }
>;

interface ScalarOf {
  readonly string: string;
  readonly integer: number;
  readonly boolean: boolean;
}

/** The TypeScript type of what a schema (a literal `as const`) admits; it holds interface and schema in step. */
export type FromSchema<S> = S extends { readonly enum: readonly (infer E)[] }
  ? E
  : S extends { readonly properties: infer P }
    ? ObjectOf<S, P>
    : S extends { readonly "x-kubernetes-preserve-unknown-fields": true }
      ? JsonObject
      : S extends { readonly items: infer I }
        ? readonly FromSchema<I>[]
        : S extends { readonly type: infer T extends keyof ScalarOf }
          ? ScalarOf[T]
          : never;

type Mutual<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** Every property required at every depth: only so a property that one side lacks breaks assignability. */
type AllRequired<T> = T extends readonly (infer I)[]
  ? readonly AllRequired<I>[]
  : T extends object
    ? { readonly [K in keyof T]-?: AllRequired<T[K]> }
    : T;

/**
 * True when the schema admits exactly the type, at every depth: names, optionality, enums. Used as
 * `type _InStep = MustBeTrue<InStep<typeof schema, Interface>>`, which does not compile when they differ.
 */
export type InStep<S, T> = [
  Mutual<FromSchema<S>, T>,
  Mutual<AllRequired<FromSchema<S>>, AllRequired<T>>,
] extends [true, true]
  ? true
  : false;
export type MustBeTrue<T extends true> = T;
