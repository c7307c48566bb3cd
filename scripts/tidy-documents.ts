/** The house rules for documents: one title each, promises with proofs, the changelog's shape, no paths of a machine. */
import { lineAt, type SourceFile } from './source-files.ts'
import type { Check, Repository } from './tidy.ts'

export const documentChecks: Readonly<Record<string, Check>> = {
  'titles of documents': ({ documents }) =>
    documents.flatMap(({ path, text }) => {
      const titles = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^# .+/gm)]
      return titles.length === 1 && text.startsWith('# ') ? [] : [`${path}: has ${titles.length} titles; it begins with the only one`]
    }),

  'promises and proofs': promises,

  changelog,

  'machine paths': ({ sources, documents, others }) =>
    [...sources, ...documents, ...others]
      .filter(({ path }) => !path.startsWith('scripts/tidy'))
      .flatMap(({ path, text }) =>
        [...text.matchAll(/(?<![\w.*])\/(?:work|root|home|Users|mnt)\/\w{2,}/g)].map(
          ({ 0: found, index }) => `${path}:${lineAt(text, index)} ${found}`,
        ),
      ),
}

const promisesPath = 'docs/reference/promises.md'

/** A promise is a heading `## P-001 …`; its proof is a test that says `// proves P-001`. Neither stands alone. */
function promises({ sources, documents }: Repository): string[] {
  const page = documents.find(({ path }) => path === promisesPath)
  if (!page) return [`${promisesPath}: is missing`]
  const promised = [...page.text.matchAll(/^#+ (P-\d{3})\b/gm)].map(({ 1: name }) => name!)
  const proven = sources
    .filter(({ path }) => !path.startsWith('scripts/tidy'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/\/\/ proves ((?:P-\d{3}[, ]*)+)/g)].flatMap(({ 1: list }) =>
        list!.match(/P-\d{3}/g)!.map((name) => ({ path, name })),
      ),
    )
  return [
    ...(promised.length === 0 ? [`${promisesPath}: promises nothing`] : []),
    ...promised.filter((name, at) => promised.indexOf(name) !== at).map((name) => `${promisesPath}: ${name} stands there twice`),
    ...promised
      .filter((name) => !proven.some((one) => one.name === name))
      .map((name) => `${promisesPath}: no test says "// proves ${name}"`),
    ...proven.filter(({ name }) => !promised.includes(name)).map(({ path, name }) => `${path}: proves ${name}, which nobody promised`),
    ...proven
      .filter(({ path }) => !path.endsWith('.test.ts') && !path.startsWith('test/'))
      .map(({ path, name }) => `${path}: proves ${name} but is no test`),
  ]
}

function changelog({ documents, others }: Repository): string[] {
  const page = documents.find(({ path }) => path === 'CHANGELOG.md')
  if (!page) return ['CHANGELOG.md: is missing']
  const { version } = JSON.parse(textOf(others, 'package.json')) as { version: string }
  const titles = (mark: string) => [...page.text.matchAll(new RegExp(`^${mark} (.+)$`, 'gm'))].map(({ 1: title }) => title!)
  const versions = titles('##')
  const dates = versions.flatMap((title) => /\d{4}-\d{2}-\d{2}$/.exec(title)?.[0] ?? [])
  return [
    ...versions
      .filter((title) => !/^(?:Unreleased|\d+\.\d+\.\d+ - \d{4}-\d{2}-\d{2})$/.test(title))
      .map((title) => `CHANGELOG.md: "${title}" must read "1.2.3 - 2026-01-31" or "Unreleased"`),
    ...titles('###')
      .filter((title) => !/^(?:Added|Changed|Deprecated|Removed|Fixed|Security)$/.test(title))
      .map((title) => `CHANGELOG.md: "${title}" is no group of changes`),
    ...(dates.join() === dates.toSorted().toReversed().join() ? [] : ['CHANGELOG.md: the newest version comes first']),
    ...(versions.some((title) => title.startsWith(`${version} `)) ? [] : [`CHANGELOG.md: has no section ${version}`]),
  ]
}

function textOf(files: readonly SourceFile[], path: string): string {
  return files.find((file) => file.path === path)?.text ?? '{}'
}
