import type { Inequality } from "./domain-node";

/** Whether `left operator right` holds. Texts compare by code points, as PostgreSQL's collation "C" does. */
export function satisfies(
  operator: Inequality,
  left: string | number,
  right: string | number,
): boolean {
  const order = compare(left, right);
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

function compare(left: string | number, right: string | number): number {
  if (typeof left === "number" && typeof right === "number")
    return left - right;
  return Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right)));
}
