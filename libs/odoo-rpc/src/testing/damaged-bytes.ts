import fc from "fast-check";

/** One thing that happens to bytes; places are parts of their length, so that it means something at every length. */
export interface Damage {
  readonly kind: "change" | "remove" | "insert" | "repeat" | "cut";
  readonly at: number;
  readonly length: number;
  readonly bytes: Uint8Array;
}

/** @param pieces texts that are put in besides random bytes */
export function damages(
  pieces: readonly string[],
): fc.Arbitrary<readonly Damage[]> {
  const piece = fc.constantFrom(...pieces).map((text) => Buffer.from(text));
  const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  const damage: fc.Arbitrary<Damage> = fc.record({
    // Cutting leaves little that anybody reads.
    kind: fc.constantFrom(
      "change",
      "change",
      "remove",
      "insert",
      "insert",
      "insert",
      "repeat",
      "cut",
    ),
    at: place,
    length: fc.integer({ min: 1, max: 12 }),
    bytes: fc.oneof(piece, fc.uint8Array({ minLength: 1, maxLength: 3 })),
  });
  return fc.array(damage, { maxLength: 3 });
}

export function damaged(
  whole: Uint8Array,
  damage: readonly Damage[],
): Uint8Array {
  return damage.reduce<Uint8Array>(suffer, whole);
}

function suffer(
  whole: Uint8Array,
  { kind, at, length, bytes }: Damage,
): Uint8Array {
  const place = Math.floor(at * whole.length);
  const before = whole.subarray(0, place);
  const after = whole.subarray(place);
  switch (kind) {
    case "change":
      return joined(before, bytes, after.subarray(bytes.length));
    case "remove":
      return joined(before, after.subarray(length));
    case "insert":
      return joined(before, bytes, after);
    case "repeat":
      return joined(before, after.subarray(0, length), after);
    case "cut":
      return before;
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
