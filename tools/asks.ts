/**
 * Thrown by a tool that has asked a person, with its last yield: the call goes on when they have answered, and takes no place meanwhile.
 * The next run of the tool is given the answer.
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
