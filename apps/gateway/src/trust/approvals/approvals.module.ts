import { type DynamicModule, Module } from "@nestjs/common";
import { ApprovalClaims } from "./approval-claims.service";
import {
  APPROVAL_KEY_OPTIONS,
  type ApprovalKeyOptions,
} from "./approval-key-options";
import { ApprovalKeyRing, ApprovalKeyRotation } from "./approval-keys";

/** Claims that somebody approved of an operation, and the keys that sign them. */
@Module({})
export class ApprovalsModule {
  static register(options: ApprovalKeyOptions): DynamicModule {
    return {
      module: ApprovalsModule,
      global: true,
      providers: [
        { provide: APPROVAL_KEY_OPTIONS, useValue: options },
        ApprovalKeyRing,
        ApprovalKeyRotation,
        ApprovalClaims,
      ],
      exports: [ApprovalClaims, ApprovalKeyRotation],
    };
  }
}
