/** Owns what live clients of the bench watch, what is written meanwhile, and who is to be told of it. */
import type { Account } from './kingpost/live-world.ts'

export const MIXES = ['one', 'hundred', 'accounts', 'teams'] as const
export type MixName = (typeof MIXES)[number]

export type Mix = {
  readonly title: string
  /** Of the client's own stream. */
  path(client: number): string
  /** Null for a guest. */
  tokenOf(client: number): string | null
  /** Where the change of this number is written, and all of it but its text. */
  change(number: number): { readonly path: string; readonly body: Readonly<Record<string, unknown>> }
  /** Whether the client is told of the change of this number. */
  isTold(client: number, number: number): boolean
}

const FILTERS = 100
/** Neighbours in time are not neighbours among the clients. */
const STEP = 7_919

export function mixOf(name: MixName, accounts: readonly Account[]): Mix {
  const chosen = (number: number) => accounts[(number * STEP) % accounts.length]!
  const messages = (rooms: number) => ({
    path: (client: number) => `/api/changes?collections=messages&filter[room]=room-${client % rooms}`,
    tokenOf: () => null,
    change: (number: number) => ({ path: '/api/messages', body: { room: `room-${number % rooms}` } }),
    isTold: (client: number, number: number) => client % rooms === number % rooms,
  })
  const tokenOf = (client: number) => accounts[client]!.token
  switch (name) {
    case 'one':
      return { title: 'one filter, everybody is told of every change', ...messages(1) }
    case 'hundred':
      return { title: `${FILTERS} filters`, ...messages(FILTERS) }
    case 'accounts':
      return {
        title: 'a rule per account',
        path: () => '/api/changes?collections=letters',
        tokenOf,
        change: (number) => ({ path: '/api/letters', body: { to: chosen(number).id } }),
        isTold: (client, number) => accounts[client] === chosen(number),
      }
    case 'teams':
      return {
        title: 'a rule per account through its team',
        path: () => '/api/changes?collections=posts',
        tokenOf,
        change: (number) => ({ path: '/api/posts', body: { team: chosen(number).team } }),
        isTold: (client, number) => accounts[client]!.team === chosen(number).team,
      }
  }
}
