/** What pages for people need to know of the gateway. */
export interface PageOptions {
  /** Where people reach it; known once it listens. */
  readonly publicUrl: () => string;
  /** Whether people sign in at an OpenID provider. */
  readonly hasProvider: boolean;
}

export const PAGE_OPTIONS = Symbol("PageOptions");
