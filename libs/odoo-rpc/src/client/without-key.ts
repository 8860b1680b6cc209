/** What the other side wrote may hold what we sent it. */
export function withoutKey(text: string, key: string): string {
  return key === "" ? text : text.replaceAll(key, "***");
}
