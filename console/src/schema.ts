/** The schema of this project as the signed-in person may see it, for every component below. */
import { createContext, useContext } from '../vendor/htm-preact.js'
import type { CollectionInfo, User } from './shapes.ts'

export interface Workspace {
  user: User
  collections: readonly CollectionInfo[]
  signOut: () => void
}

export const WorkspaceContext = createContext<Workspace>({
  user: { id: '', email: '', roles: [] },
  collections: [],
  signOut: () => {},
})

export function useWorkspace(): Workspace {
  return useContext(WorkspaceContext)
}

export function useCollection(name: string): CollectionInfo | undefined {
  return useWorkspace().collections.find((collection) => collection.name === name)
}
