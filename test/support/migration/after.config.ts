// The new version, as a server is started with it.
import { defineBackend } from '../../../src/index.ts'
import { collectionsAfter } from './models.ts'

export const backend = defineBackend({ name: 'After', collections: collectionsAfter })
