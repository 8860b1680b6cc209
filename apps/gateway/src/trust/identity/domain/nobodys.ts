/**
 * Marks the refusal of a credential that is nobody's, so that attempts are counted by address. One that was somebody's and is
 * over or bound to a key is refused without the mark: an agent that was away is no attack.
 */
export const NOBODYS = { details: { isNobodys: true } } as const;
