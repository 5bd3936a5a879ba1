/** How the text of a body is divided into events, where servers and the gateways before them do it in other ways than the standard. */

/** The text of one event, or of several if there is no empty line between them, without the marks of a gateway that wraps lines. */
export function eventTexts(text: string): string[] {
  if (!/\n|^data:/.test(text)) return [text];
  if (isWhole(text)) return [text];
  const lines = text.split('\n').map((line) => line.replace(/^(data: ?)+/, ''));
  return lines.every(isWhole) ? lines : [text];
}

/** Some servers send comments before a JSON object, too. What a body is shows behind them. */
export const withoutComments = (body: string) => body.replace(/^(?:\s*:[^\r\n]*[\r\n])+/, '');

function isWhole(text: string): boolean {
  if (text.trim() === '[DONE]') return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
