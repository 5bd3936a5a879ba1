/** The program is out of reach. `name` is a stable word, the message a sentence for the model. */
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
