import type { LinkedUser } from "./identity-store";

/** As whom somebody signs in. */
export type UserChoice =
  | { readonly kind: "user"; readonly user: LinkedUser }
  | { readonly kind: "several"; readonly users: readonly LinkedUser[] }
  | { readonly kind: "inactive"; readonly users: readonly LinkedUser[] }
  | { readonly kind: "none" };

/** @param organization code of the one that he wants; undefined: he didn't say */
export function chooseUser(
  linked: readonly LinkedUser[],
  organization: string | undefined,
): UserChoice {
  const wanted = linked.filter(
    (user) =>
      organization === undefined || user.organizationCode === organization,
  );
  const [first, ...others] = wanted.filter(({ isActive }) => isActive);
  if (first !== undefined)
    return others.length === 0
      ? { kind: "user", user: first }
      : { kind: "several", users: [first, ...others] };
  return wanted.length > 0
    ? { kind: "inactive", users: wanted }
    : { kind: "none" };
}
