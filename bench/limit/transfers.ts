/** Owns accounts and the transfer between two of them in the limit: two guarded updates, both or neither. */
import type { DatabaseSync } from 'node:sqlite'
import type { FastifyInstance } from 'fastify'
import type { GroupCommit } from './database.ts'
import { newId } from './ids.ts'
import { expectOne } from './refusal.ts'

type Transfer = { readonly from: string; readonly to: string; readonly amount: number }

const text = { type: 'string', maxLength: 100 } as const
const integer = { type: 'integer' } as const
const amount = { type: 'integer', minimum: 1, maximum: 1_000_000 } as const
const exactly = (properties: Record<string, unknown>) =>
  ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false }) as const

export function addTransfers(app: FastifyInstance, database: DatabaseSync, commit: GroupCommit): void {
  database.exec(`CREATE TABLE IF NOT EXISTS accounts (
    id TEXT PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0), updatedAt TEXT NOT NULL, version INTEGER NOT NULL) STRICT`)
  const insert = database.prepare('INSERT INTO accounts VALUES (?, ?, ?, 1)')
  const take = database.prepare(
    'UPDATE accounts SET balance = balance - ?1, updatedAt = ?2, version = version + 1 WHERE id = ?3 AND balance >= ?1',
  )
  const give = database.prepare('UPDATE accounts SET balance = balance + ?1, updatedAt = ?2, version = version + 1 WHERE id = ?3')
  const balanceOf = database.prepare('SELECT balance FROM accounts WHERE id = ?')
  balanceOf.setReturnArrays(true)
  const total = database.prepare('SELECT count(*) AS accounts, coalesce(sum(balance), 0) AS total FROM accounts')

  const newAccount = {
    body: exactly({ balance: integer }),
    response: { 201: { type: 'object', properties: { id: text, balance: integer } } },
  }
  app.post<{ Body: { balance: number } }>('/api/accounts', { schema: newAccount }, async (request, reply) => {
    const id = newId('acc')
    await commit.write(() => insert.run(id, request.body.balance, new Date().toISOString()))
    return reply.code(201).send({ id, balance: request.body.balance })
  })

  const answer = { type: 'object', properties: { from: text, to: text, amount: integer, balance: integer } }
  const schema = { body: exactly({ from: text, to: text, amount }), response: { 201: answer } }
  app.post<{ Body: Transfer }>('/api/transfers', { schema }, async (request, reply) => {
    const { from, to, amount } = request.body
    const [balance] = await commit.write(() => {
      const now = new Date().toISOString()
      expectOne(take.run(amount, now, from), 'not_covered')
      expectOne(give.run(amount, now, to), 'not_found')
      return balanceOf.get(from) as unknown as [number]
    })
    return reply.code(201).send({ from, to, amount, balance })
  })

  app.get('/api/accounts/total', () => total.get())
}
