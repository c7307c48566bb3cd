// What must hold of every collection, the owner's own included: references lead somewhere, unique values
// are unique, and the log of commits can be read from its first line to its last.
import { limits } from '../../base/limits.ts'
import type { Scalar } from '../../contract/filter.ts'
import { webhookDeliveries } from '../../domains/webhooks/collections.ts'
import type { AnyRecord } from '../../schema/collection.ts'
import { type CollectionModel, valueAtPath } from '../../schema/model.ts'
import { storedMisfit } from '../../schema/stored-misfit.ts'
import { lostCommit } from '../../storage/log-tail.ts'
import { type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const recordInvariants: InvariantGroup = {
  needs: [],
  invariants: {
    'records.references_resolve': 'Every reference leads to a record, but for those of logs.',
    'records.unique': 'No two records share values that are declared unique.',
    'records.fit_schema': 'Required fields are set, and every value is one that its field may be given.',
    'commits.readable': 'Commits stand in the log in order, and each names what it changed.',
  },
  async check(context) {
    for (const collection of context.model.collections.values()) {
      await checkRecords(context, collection)
      for (const paths of uniquePathsOf(collection)) await checkUnique(context, collection, paths)
    }
    await checkCommits(context)
  },
}

/** A log outlives what it speaks of: it is forgotten by its age. */
const outliving = new Set([`${webhookDeliveries.name}.webhook`])

async function checkRecords(context: VerifyContext, collection: CollectionModel): Promise<void> {
  const stored = [...collection.fields.values()].filter(({ isComputed }) => !isComputed)
  const references = stored.filter(({ name, field }) => field.to !== undefined && !outliving.has(`${collection.name}.${name}`))
  const checks = stored.map((field) => ({ name: field.name, misfit: storedMisfit(field) }))
  for await (const page of pagesOf<AnyRecord>(context, collection)) {
    for (const { name, field } of references) await checkReferences(context, collection, page, { name, to: field.to! })
    for (const record of page)
      for (const { name, misfit } of checks) {
        const found = misfit(record[name])
        if (found !== null) context.report('records.fit_schema', [`${collection.name}/${record.id}`], `${name} ${found}`)
      }
  }
}

async function checkReferences(
  context: VerifyContext,
  collection: CollectionModel,
  page: readonly AnyRecord[],
  { name, to }: { name: string; to: string },
): Promise<void> {
  const ids = new Set(page.flatMap((record) => [record[name] ?? []].flat() as string[]))
  const known = new Set<string>()
  const list = [...ids]
  for (let start = 0; start < list.length; start += limits.verifyPageSize) {
    const some = list.slice(start, start + limits.verifyPageSize)
    for (const { id } of await context.read.getMany<AnyRecord>({ name: to }, some)) known.add(id)
  }
  for (const record of page)
    for (const id of [record[name] ?? []].flat() as string[])
      if (!known.has(id))
        context.report(
          'records.references_resolve',
          [`${collection.name}/${record.id}`],
          `${name} names ${id}, which is no record of ${to}`,
        )
}

function uniquePathsOf(collection: CollectionModel): (readonly string[])[] {
  const single = Object.entries(collection.source.fields).flatMap(([name, field]) => (field.unique ? [[name]] : []))
  return [...single, ...(collection.source.unique ?? [])]
}

/** In the order of the unique values, equal ones are neighbours: nothing but the last has to be kept. */
async function checkUnique(
  { read, report, progress }: VerifyContext,
  collection: CollectionModel,
  paths: readonly string[],
): Promise<void> {
  const sort = paths.map((path) => ({ path, descending: false }))
  let last: { readonly id: string; readonly values: readonly (Scalar | null)[] } | null = null
  while (true) {
    // Beyond the limit: the next page.
    const page: AnyRecord[] = await read.find<AnyRecord>(collection, {
      sort,
      limit: limits.verifyPageSize,
      ...(last === null ? {} : { after: [...last.values, last.id] }),
    })
    for (const record of page) {
      const values = paths.map((path) => valueAtPath(record, path))
      const isSame = last !== null && values.every((value, index) => value !== null && value === last!.values[index])
      if (isSame)
        report(
          'records.unique',
          [`${collection.name}/${last!.id}`, `${collection.name}/${record.id}`],
          `both have ${paths.join(', ')} = ${values.join(', ')}`,
        )
      last = { id: record.id, values }
    }
    progress(page.length)
    if (page.length < limits.verifyPageSize) return
  }
}

async function checkCommits({ commitsAfter, report, progress }: VerifyContext): Promise<void> {
  let position = 0
  while (true) {
    let size: number = limits.verifyPageSize
    const page = await commitsAfter(position, size).catch(async () => {
      // One line of the page cannot be read: continue one by one to tell which.
      size = 1
      return await commitsAfter(position, 1).catch((error: unknown) => {
        report('commits.readable', [`_commits/${position + 1}`], error instanceof Error ? error.message : String(error))
        return null
      })
    })
    if (page === null) {
      position += 1
      continue
    }
    for (const commit of page) {
      const isNamed =
        Array.isArray(commit.changes) &&
        (commit.changes.length > 0 || commit.operation === lostCommit) &&
        // Its collection may be gone from the model since.
        commit.changes.every(({ collection, id }) => typeof collection === 'string' && collection !== '' && id)
      if (commit.position <= position || !isNamed)
        report('commits.readable', [`_commits/${commit.position}`], `after position ${position}, ${commit.operation}`)
      position = commit.position
    }
    progress(page.length)
    if (page.length < size) return
  }
}
