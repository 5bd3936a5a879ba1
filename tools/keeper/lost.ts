/** The program cannot be observed any longer, so its outcome is unknown. `name` is stable; the message is a sentence for the model. */
export class ProgramLost extends Error {
  constructor(name: 'KeeperLost' | 'HostRestarted' | 'SpoolLost' | 'HostLost', message: string) {
    super(message);
    this.name = name;
  }
}

export const spoolLost = () =>
  new ProgramLost(
    'SpoolLost',
    'The files of the program are gone. It was not restarted; how far it got is unknown.',
  );

export const hostLost = () =>
  new ProgramLost(
    'HostLost',
    'It runs on another machine, which has not responded for a minute. It was not restarted; how far it got is unknown.',
  );
