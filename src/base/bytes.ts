// Bytes on their way to a reader.
import type { Readable } from 'node:stream'

/** To be read as a stream, or poured where they can be. Not both. */
export type Bytes = Readable & { readonly pour?: Pour }

/**
 * Hands on one part after the other. Its memory is used again once `take` has resolved: new memory for each part of a large file
 * makes V8 look through the whole heap every 64 MiB, which took two thirds of the time of a download.
 */
export type Pour = (take: (part: Uint8Array) => Promise<void>) => Promise<void>
