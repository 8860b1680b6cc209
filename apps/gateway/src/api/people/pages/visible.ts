/**
 * Characters that a browser hides, or turns the text around by, as their code: what somebody agrees to is what he reads. Ends of
 * lines stay.
 */
export function visible(text: string): string {
  return text.replace(
    /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu,
    (character) =>
      `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`,
  );
}
