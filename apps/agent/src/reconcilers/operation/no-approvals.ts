import type { Operation } from "@vworkspace/resources";
import { Approvals } from "./approvals";
import type { Approval } from "./observation";

/** Claims can't be verified by this release: whatever asks for approval waits. */
export class NoApprovals extends Approvals {
  override judge({ spec }: Operation): Promise<Approval> {
    return Promise.resolve({
      state: spec.approvals?.required === true ? "missing" : "not-required",
    });
  }
}
