/**
 * Thrown by a tool whose last yield has asked a person. The call takes no slot while it waits. When the person has answered, the tool runs
 * again and gets the answer.
 */
export class Asks extends Error {
  override name = 'Asks';
  readonly question_id: string;
  /** A process or a connection waits for the answer, and may end before it comes. */
  readonly isHeld: boolean;

  constructor(questionId: string, isHeld: boolean) {
    super(`A person is asked ${questionId}.`);
    this.question_id = questionId;
    this.isHeld = isHeld;
  }
}
