// The prepared statements of one connection: parsing and planning costs more than most look-ups, so each text is
// prepared once and called by its name. The least recently used go when there are too many. Invariant: a name once
// given up is never given again, so that a statement whose preparation failed half-way can do no harm.

type Named = { readonly name: string; readonly text: string | null }

export class PreparedStatements {
  private readonly byText = new Map<string, string>()
  private readonly most: number
  private forgotten: string[] = []
  private count = 0

  /** At most `most`; with 0 none is kept, as transaction poolers want it that hand the session to somebody else. */
  constructor(most: number) {
    this.most = most
  }

  /** The statement's name; with the text to prepare first when it is new. */
  nameOf(sql: string, isFleeting = false): Named {
    if (this.most === 0 || isFleeting) return { name: '', text: numbered(sql) }
    const known = this.byText.get(sql)
    if (known !== undefined) {
      // The map's order is the order of use.
      this.byText.delete(sql)
      this.byText.set(sql, known)
      return { name: known, text: null }
    }
    if (this.byText.size >= this.most) {
      const [oldest, name] = this.byText.entries().next().value!
      this.byText.delete(oldest)
      this.forgotten.push(name)
    }
    const name = `k${++this.count}`
    this.byText.set(sql, name)
    return { name, text: numbered(sql) }
  }

  /** Names to be closed with the next batch. */
  takeForgotten(): readonly string[] {
    if (this.forgotten.length === 0) return this.forgotten
    const names = this.forgotten
    this.forgotten = []
    return names
  }

  /** These may or may not have been prepared: they are closed and made again. */
  unsure(names: readonly string[]): void {
    if (this.most === 0) return
    const given = new Set(names)
    for (const [sql, name] of this.byText)
      if (given.has(name)) {
        this.byText.delete(sql)
        this.forgotten.push(name)
      }
  }
}

/** `?` is the mark of the compiler, and stands nowhere else in its texts: names are letters and digits, values are bound. */
function numbered(sql: string): string {
  let count = 0
  return sql.replace(/\?/g, () => `$${++count}`)
}
