/**
 * Unicode's normal forms in linear time. `String.normalize` sorts the marks that follow a letter, and its time grows with the
 * square of their number: 5 s for 100,000 of them (Node 24). The Stream-Safe Text Format (Unicode Standard Annex #15, section 13)
 * sets the limit to 30, more than any language has.
 */
const tooManyMarks = /(\p{M}{30})\p{M}+/gu;

/** @returns the text in this form; of more than 30 marks in a row, the first 30 */
export function normalized(text: string, form: 'NFC' | 'NFD' | 'NFKC'): string {
  return text.replace(tooManyMarks, '$1').normalize(form);
}
