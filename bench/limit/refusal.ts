/** What a request is refused with by the shop written by hand: an answer, no defect. */
export class Refusal extends Error {
  readonly status: number
  constructor(status: number, code: string) {
    super(code)
    this.status = status
  }
}

/** A guarded write changes one row, or something else was faster. @throws Refusal */
export function expectOne({ changes }: { changes: number | bigint }, code: string): void {
  if (changes !== 1) throw new Refusal(409, code)
}
