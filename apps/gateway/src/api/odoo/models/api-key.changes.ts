import { Injectable } from "@nestjs/common";
import { ApiKeyService } from "../../../trust/identity/api-key.service";
import type { ModelChanges, RecordAction } from "../registry/model-method";

@Injectable()
export class ApiKeyChanges implements ModelChanges {
  readonly actions: Readonly<Record<string, RecordAction>> = {
    action_revoke: {
      run: async (stores, actor, key) => {
        await this.keys.revoke(stores, actor, key);
        return undefined;
      },
    },
  };

  constructor(private readonly keys: ApiKeyService) {}
}
