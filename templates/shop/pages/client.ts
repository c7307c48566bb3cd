// The client library, which speaks to the server. The server takes the types out as it serves these files.
import { createClient, type RecordIn } from 'kingpost/client'
// A type alone, which knows the collections by name; nothing of the server gets into the page.
import type { backend } from '../kingpost.config.ts'

export type Book = RecordIn<typeof backend, 'products'>
export type Variant = RecordIn<typeof backend, 'variants'>

export const client = createClient<typeof backend>()
