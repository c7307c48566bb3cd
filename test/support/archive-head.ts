import type { ArchiveHead } from '../../src/storage/archive/archive.ts'

/** The first line of an archive of a test. */
export function archiveHead(more: Partial<ArchiveHead> = {}): ArchiveHead {
  return {
    kingpost: 'archive',
    format: 1,
    id: 'arc_1',
    engine: '0.1.0',
    project: 'Test',
    at: '2026-11-24T00:00:00.000Z',
    source: { product: 'SQLite', version: '3' },
    lastPosition: 0,
    marks: {},
    collections: [],
    ...more,
  }
}
