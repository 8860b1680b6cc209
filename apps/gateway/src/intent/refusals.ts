import { DomainError } from "@vworkspace/kernel";

/** @throws DomainError validation_failed with the sentence, where there is one */
export function refuseProblem(problem: string | undefined): void {
  if (problem !== undefined)
    throw new DomainError("validation_failed", problem);
}

/** @param what the kind of record, for example `operation` */
export function refTakenError(what: string, ref: string): DomainError {
  return new DomainError(
    "already_exists",
    `external_ref is "${ref.slice(0, 80)}": there is another ${what} of that external_ref; choose another.`,
  );
}
