import { isSameOrigin, type RequestOrigin } from "../people/same-origin.decide";

/**
 * Whether a request may come from where it says: from a program, which says nothing, or from a page of the gateway. Any other
 * page stands in somebody's browser, which may have been led here by a name that was bound anew (DNS rebinding).
 */
export function mayComeFrom(origin: RequestOrigin, own: string): boolean {
  const isProgram = origin.site === undefined && origin.origin === undefined;
  return isProgram || isSameOrigin(origin, own);
}
