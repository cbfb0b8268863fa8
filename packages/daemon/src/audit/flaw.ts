/** Why something that was signed or exported does not hold. Its message is a sentence without an end, for the reader of a report. */
export class Flaw extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "Flaw";
  }
}
