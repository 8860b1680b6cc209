import { immutable, type Rule } from "./rule";

const REMEDY = "cancel the operation and create another one";

export const OPERATION_RULES: readonly Rule[] = [
  immutable("targetRef", REMEDY),
  immutable("type", REMEDY),
  immutable("engine", REMEDY),
];
