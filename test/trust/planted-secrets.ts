import { randomBytes } from "node:crypto";

/**
 * Secrets that can be recognised wherever they turn up again: as they are, or as base64 or hexadecimal digits of
 * themselves.
 */
export class PlantedSecrets {
  private readonly known = new Map<string, string>();

  /** A new secret, planted in a place that the name tells. */
  plant(place: string): string {
    const secret = `planted-${randomBytes(24).toString("hex")}`;
    return this.know(place, secret);
  }

  /** A secret that somebody else made. */
  know(place: string, secret: string): string {
    this.known.set(place, secret);
    return secret;
  }

  /** Places whose secret stands in a text. */
  foundIn(text: string): readonly string[] {
    const folded = text.toLowerCase();
    return [...this.known].flatMap(([place, secret]) =>
      text.includes(secret) ||
      text.includes(withoutEnd(Buffer.from(secret).toString("base64"))) ||
      text.includes(withoutEnd(Buffer.from(secret).toString("base64url"))) ||
      folded.includes(Buffer.from(secret).toString("hex"))
        ? [place]
        : [],
    );
  }
}

/** Its last characters depend on what comes after it where it is encoded with something else. */
function withoutEnd(base64: string): string {
  return base64.replace(/=+$/, "").slice(0, -2);
}
