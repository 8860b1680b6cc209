/** Who makes a request, as the API knows them. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Members may do everything, as on a real server. */
export const MASTERS = "system:masters";
