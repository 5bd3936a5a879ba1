/**
 * Text of a model or a tool in which nothing is hidden: characters that are invisible or change the direction of what follows are
 * spelt out. A person approves what is written.
 */
export const clearText = (text: string) =>
  text.replaceAll(HIDDEN, (character) => `⟨U+${hex(character)}⟩`);

/** The same characters left out, where they serve no purpose. */
export const withoutHidden = (text: string) => text.replaceAll(HIDDEN, '');

/** Direction marks, overrides and isolates; zero-width characters; control characters besides tab and line breaks; tags. */
const HIDDEN =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

const hex = (character: string) =>
  character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
