/**
 * Owns the table of items in the limit: its columns, its index and the prepared statements over it.
 * Times are kept as the text they are sent as; fixed-width UTC sorts like time, so nothing is converted.
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { newId } from './ids.ts'

export type NewItem = {
  readonly category: string
  readonly title: string
  readonly body: string
  readonly price: number
  readonly stock: number
  readonly active: boolean
}

export type Row = Record<string, SQLInputValue>
export type ListQuery = {
  readonly category: string
  readonly limit: number
  readonly cursor: string | undefined
}

const OWNER = 'usr_00000000000000000000000000'

export function createItems(database: DatabaseSync) {
  database.exec(`
    CREATE TABLE IF NOT EXISTS items (
      id TEXT PRIMARY KEY, category TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, price INTEGER NOT NULL,
      stock INTEGER NOT NULL, active INTEGER NOT NULL, owner TEXT NOT NULL,
      createdAt TEXT NOT NULL, updatedAt TEXT NOT NULL, version INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS itemsByCategory ON items (category, createdAt DESC, id DESC);`)
  const byId = database.prepare('SELECT * FROM items WHERE id = ?')
  const newest = 'SELECT * FROM items WHERE category = ?'
  const order = 'ORDER BY createdAt DESC, id DESC LIMIT ?'
  const firstPage = database.prepare(`${newest} ${order}`)
  const laterPage = database.prepare(`${newest} AND (createdAt, id) < (?, ?) ${order}`)
  const insert = database.prepare('INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)')

  return {
    find: (id: string) => byId.get(id) as Row | undefined,

    /** Asks for one more than the page holds: only that tells whether there is a next one. */
    list({ category, limit, cursor }: ListQuery): { items: Row[]; next: string | null } {
      const position = cursor === undefined ? undefined : decodeCursor(cursor)
      const rows =
        position === undefined
          ? firstPage.all(category, limit + 1)
          : laterPage.all(category, position.createdAt, position.id, limit + 1)
      if (rows.length <= limit) return { items: rows as Row[], next: null }
      rows.pop()
      return { items: rows as Row[], next: encodeCursor(rows.at(-1) as Row) }
    },

    insert(item: NewItem) {
      const id = newId('itm')
      const now = new Date().toISOString()
      const { category, title, body, price, stock, active } = item
      insert.run(id, category, title, body, price, stock, active ? 1 : 0, OWNER, now, now)
      return { id, ...item, owner: OWNER, createdAt: now, updatedAt: now, version: 1 }
    },
  }
}

function encodeCursor(row: Row): string {
  return Buffer.from(`${row.createdAt}|${row.id}`).toString('base64url')
}

function decodeCursor(cursor: string): { createdAt: string; id: string } {
  const [createdAt = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split('|')
  return { createdAt, id }
}
