import { createHash } from "node:crypto";

const MOST = 100_000;

/** Which credentials have signed somebody in lately, by digest. One of them has a line and a count of its own. */
export class ProvenCredentials {
  /** Oldest use first. */
  private readonly digests = new Set<string>();

  constructor(private readonly most = MOST) {}

  digest(presented: string): string {
    return createHash("sha256").update(presented).digest("base64url");
  }

  has(digest: string): boolean {
    return this.digests.has(digest);
  }

  add(digest: string): void {
    this.digests.delete(digest);
    this.digests.add(digest);
    const [oldest] = this.digests;
    if (this.digests.size > this.most && oldest !== undefined)
      this.digests.delete(oldest);
  }

  remove(digest: string): void {
    this.digests.delete(digest);
  }
}
