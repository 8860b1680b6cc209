import { type DynamicModule, Module } from "@nestjs/common";
import { StoreBindings } from "../../database/store-bindings";
import { SqlAuthorityStore } from "./adapters/sql-authority-store";
import { SqlClusterCertificateStore } from "./adapters/sql-cluster-certificate-store";
import { AuthorityBook } from "./authority-book";
import { AuthorityService } from "./authority.service";
import {
  CERTIFICATE_OPTIONS,
  type CertificateOptions,
} from "./certificate-options";
import { CertificateService } from "./certificate.service";
import {
  AuthorityStore,
  ClusterCertificateStore,
} from "./domain/certificate-store";

/** Certificates of agents, and the CA that signs them. */
@Module({})
export class CertificatesModule {
  constructor(bindings: StoreBindings) {
    bindings.bind(AuthorityStore, SqlAuthorityStore);
    bindings.bind(ClusterCertificateStore, SqlClusterCertificateStore);
  }

  static register(options: CertificateOptions): DynamicModule {
    return {
      module: CertificatesModule,
      global: true,
      providers: [
        { provide: CERTIFICATE_OPTIONS, useValue: options },
        AuthorityBook,
        AuthorityService,
        CertificateService,
      ],
      exports: [AuthorityService, CertificateService],
    };
  }
}
