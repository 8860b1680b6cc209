const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Bytes of a size as Kubernetes writes it, for example `10Gi`, `1e9` or `1500M`; undefined where it is none. */
export function bytesOf(size: string): number | undefined {
  const [, number, suffix = ""] =
    /^\+?([0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+)([numkMGTPE]|[KMGTPE]i)?$/.exec(
      size,
    ) ?? [];
  const factor = FACTORS[suffix];
  return number === undefined || factor === undefined
    ? undefined
    : Number(number) * factor;
}

/** The greater of two sizes, in its own spelling; one that can't be read counts as nothing. */
export function greaterSize(one: string, other: string): string {
  return (bytesOf(other) ?? 0) > (bytesOf(one) ?? 0) ? other : one;
}
