// The version before, as a server is started with it.
import { defineBackend } from '../../../src/index.ts'
import { collectionsBefore } from './models.ts'

export const backend = defineBackend({ name: 'Before', collections: collectionsBefore })
