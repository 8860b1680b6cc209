import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Inject, Injectable, Logger } from "@nestjs/common";
import { ConfigurationError, SystemClock } from "@vworkspace/kernel";
import { MasterKey } from "../../database/master-key";
import { UnitOfWork } from "../../database/unit-of-work";
import {
  CERTIFICATE_OPTIONS,
  type CaFiles,
  type CertificateOptions,
} from "./certificate-options";
import type { Authority } from "./domain/authority";
import { type AuthorityRow, AuthorityStore } from "./domain/certificate-store";
import { certificateThumbprint } from "./domain/leaf";
import type { TrustedAuthority } from "./domain/presented.decide";

/** No replica goes by an older state than this: a step of a rotation counts everywhere within it. */
const FRESH_MS = 500;
const PEM_BLOCK =
  /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** What counts now. */
export interface Authorities {
  /** Changes whenever what is trusted or who issues does. */
  readonly version: string;
  /** The one that issues, with its key. @throws ConfigurationError for a master key that it isn't sealed with */
  readonly issuer: () => Authority & { readonly id: string };
  readonly trusted: readonly TrustedAuthority[];
  /** What the listener's certificate leads to; PEM. */
  readonly anchorsPem: string;
}

/** The CAs in memory, half a second old at most; of the files where they are configured, else of the database. */
@Injectable()
export class AuthorityBook {
  private readonly logger = new Logger("Certificates");
  private readonly clock = new SystemClock();
  private ofFiles: Authorities | undefined;
  private known:
    { readonly at: number; readonly book: Promise<Authorities> } | undefined;

  /** Opened once: it goes on signing here while it is being sealed under a master key that this replica doesn't have yet. */
  private opened: (Authority & { readonly id: string }) | undefined;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly masterKey: MasterKey,
    @Inject(CERTIFICATE_OPTIONS) private readonly options: CertificateOptions,
  ) {}

  /** @throws ConfigurationError for files, or a master key, that don't fit */
  get(): Promise<Authorities> {
    const now = this.clock.monotonic();
    if (this.known && now - this.known.at < FRESH_MS) return this.known.book;
    const book = this.read();
    this.known = { at: now, book };
    // A failure is told to whoever asked, and the next one asks again.
    book.catch(() => (this.known = undefined));
    return book;
  }

  forget(): void {
    this.known = undefined;
  }

  private async read(): Promise<Authorities> {
    if (this.options.caFiles) return this.readFiles(this.options.caFiles);
    const rows = await this.unitOfWork.asWorker((stores) =>
      stores.get(AuthorityStore).all(),
    );
    const issuing = rows.find(({ state }) => state === "issuing");
    if (!issuing) throw new Error("The database holds no CA that issues.");
    const trusted = rows.filter(
      ({ state }) => state === "issuing" || state === "trusted",
    );
    return {
      version: trusted.map(({ id, state }) => `${id}:${state}`).join(),
      issuer: () => this.open(issuing),
      trusted: trusted.map(({ certificatePem }) => trustedOf(certificatePem)),
      anchorsPem: rows
        .filter(({ state }) => state === "root")
        .map(({ certificatePem }) => certificatePem)
        .join(""),
    };
  }

  /** While a change is half written, what stood before goes on. */
  private async readFiles(files: CaFiles): Promise<Authorities> {
    try {
      this.ofFiles = await readCaFiles(files);
    } catch (error) {
      if (!this.ofFiles) throw error;
      this.logger.warn(
        { err: error },
        "The files of the CA can't be used: it goes on as before",
      );
    }
    return this.ofFiles;
  }

  private open(row: AuthorityRow): Authority & { readonly id: string } {
    if (this.opened?.id === row.id) return this.opened;
    const { id, certificatePem } = row;
    const keyPem = openAuthorityKey(this.masterKey, row);
    this.opened = { id, certificatePem, keyPem };
    return this.opened;
  }
}

/** What the key of a CA is bound to: its place. */
export function authorityKeyContext(id: string): string {
  return `certificate_authority_keys:${id}`;
}

/** @throws ConfigurationError */
export function openAuthorityKey(
  masterKey: MasterKey,
  { id, sealedKey }: AuthorityRow,
): string {
  if (!sealedKey)
    throw new ConfigurationError(
      `The key of the CA ${id} is not in the database: name the file that it was exported to.`,
    );
  try {
    return masterKey.open(sealedKey, authorityKeyContext(id)).toString();
  } catch {
    throw new ConfigurationError(
      "The master key is not the one that this database's CA is sealed with: bring back that key file (VWORKSPACE_MASTER_KEY_FILE).",
    );
  }
}

async function readCaFiles(files: CaFiles): Promise<Authorities> {
  const [certificates, keyPem] = await Promise.all([
    readFile(files.certificate, "utf8"),
    readFile(files.key, "utf8"),
  ]).catch((error: unknown) => {
    throw new ConfigurationError(
      `VWORKSPACE_AGENT_CA_CERT_FILE or VWORKSPACE_AGENT_CA_KEY_FILE can't be read: ${(error as Error).message}`,
    );
  });
  const blocks = certificates.match(PEM_BLOCK) ?? [];
  const [first] = blocks;
  const trusted = blocks.flatMap(readable);
  if (
    first === undefined ||
    trusted.length < blocks.length ||
    !trusted.every(({ certificate }) => certificate.ca)
  )
    throw new ConfigurationError(
      `VWORKSPACE_AGENT_CA_CERT_FILE ${files.certificate} must hold certificates of CAs in PEM, first the one that issues.`,
    );
  if (!isKeyOf(first, keyPem))
    throw new ConfigurationError(
      `VWORKSPACE_AGENT_CA_KEY_FILE ${files.key} is not the P-256 key (PKCS#8, PEM) of the first certificate of ${files.certificate}.`,
    );
  const issuing = {
    id: trustedOf(first).id,
    certificatePem: `${first}\n`,
    keyPem,
  };
  return {
    version: trusted.map(({ id }) => id).join(),
    issuer: () => issuing,
    trusted,
    anchorsPem: `${blocks.join("\n")}\n`,
  };
}

function trustedOf(certificatePem: string): TrustedAuthority {
  const certificate = new X509Certificate(certificatePem);
  return { id: certificateThumbprint(certificate.raw), certificate };
}

function isKeyOf(certificatePem: string, keyPem: string): boolean {
  try {
    const key = createPrivateKey(keyPem);
    const isP256 = key.asymmetricKeyDetails?.namedCurve === "prime256v1";
    const isPkcs8 = keyPem.includes("-----BEGIN PRIVATE KEY-----");
    const certificate = new X509Certificate(certificatePem);
    return isP256 && isPkcs8 && certificate.checkPrivateKey(key);
  } catch {
    return false;
  }
}

/** None for what is no certificate. */
function readable(certificatePem: string): TrustedAuthority[] {
  try {
    return [trustedOf(certificatePem)];
  } catch {
    return [];
  }
}
