import { Module } from "@nestjs/common";
import { ApprovalKeysController } from "./approval-keys.controller";
import { EventsController } from "./events.controller";
import { JobsController } from "./jobs.controller";
import { JwksController } from "./jwks.controller";
import { PayloadKeysController } from "./payload-keys.controller";
import { ProofReader } from "./proof-reader";
import { RegistrationController } from "./registration.controller";

/** The agent contract over HTTP, below /api/agent. */
@Module({
  controllers: [
    RegistrationController,
    JobsController,
    EventsController,
    JwksController,
    PayloadKeysController,
    ApprovalKeysController,
  ],
  providers: [ProofReader],
})
export class AgentApiModule {}
