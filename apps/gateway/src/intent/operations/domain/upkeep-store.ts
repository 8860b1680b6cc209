/** What is due, of all organizations. */
export interface DueUpkeep {
  /** An upgrade to issue, an object to remove, or a schedule whose time has come. */
  readonly what: "upgrade" | "object" | "schedule";
  readonly organizationId: string;
  readonly id: string;
}

export abstract class UpkeepStore {
  /** One statement over three partial indexes; so many of each at most. */
  abstract look(limit: number): Promise<readonly DueUpkeep[]>;
}
