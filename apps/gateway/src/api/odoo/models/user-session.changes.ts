import { Injectable } from "@nestjs/common";
import { SessionService } from "../../../trust/people/session.service";
import type { ModelChanges, RecordAction } from "../registry/model-method";

@Injectable()
export class UserSessionChanges implements ModelChanges {
  readonly actions: Readonly<Record<string, RecordAction>> = {
    action_revoke: {
      run: async (stores, actor, session) => {
        await this.sessions.revoke(stores, actor, session);
        return undefined;
      },
    },
  };

  constructor(private readonly sessions: SessionService) {}
}
