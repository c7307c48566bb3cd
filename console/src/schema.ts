/** The schema of this project as the signed-in person may see it, for every component below. */
import { createContext, useContext } from '../vendor/htm-preact.js'
import type { CollectionInfo, User } from './shapes.ts'

export interface Workspace {
  user: User
  collections: readonly CollectionInfo[]
  /** Those that can be given to an account. */
  roles: readonly string[]
  /** What a webhook can be told. */
  events: readonly string[]
  /** The operations that they may ask for as staff. */
  may: readonly string[]
  /** Of the bookkeeping: the days of the shop. */
  timeZone: string
  signOut: () => void
}

export const WorkspaceContext = createContext<Workspace>({
  user: { id: '', email: '', name: null, roles: [], emailVerified: false, createdAt: '' },
  collections: [],
  roles: [],
  events: [],
  may: [],
  timeZone: 'UTC',
  signOut: () => {},
})

export function useWorkspace(): Workspace {
  return useContext(WorkspaceContext)
}

/** Whether the signed-in person may ask for an operation, by its name: what would be refused is not offered. */
export function useMay(): (operation: string) => boolean {
  const { may } = useWorkspace()
  return (operation) => may.includes(operation)
}

/** The collection whose id a text is, where it is one: not every reference is declared as such. */
export function useIdOwner(text: unknown): string | undefined {
  const prefix = typeof text === 'string' ? /^([a-z]+)_[0-9a-z]{26}$/.exec(text)?.[1] : undefined
  const { collections } = useWorkspace()
  return prefix === undefined ? undefined : collections.find((collection) => collection.prefix === prefix)?.name
}

export function useCollection(name: string): CollectionInfo | undefined {
  return useWorkspace().collections.find((collection) => collection.name === name)
}
