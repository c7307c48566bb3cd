/** The public face of the Kingpost client: everything a caller imports, and nothing else. */
export { ApiError, type InputError, type Problem } from './api-error.ts'
export { type Client, type ClientOptions, createClient } from './create-client.ts'
export type { News } from './kept-list.ts'
export type { Change, LiveChanges, LiveOptions } from './live-changes.ts'
export type { Live, LiveQueryOptions } from './live-query.ts'
export type { Filter, ListQuery } from './query-string.ts'
export type * from './shapes.ts'
export type { CollectionName, QueryIn, RecordIn } from './typed.ts'
