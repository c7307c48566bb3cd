/**
 * `node test/outside/invoices.ts`: invoices of every kind, judged by the programs of others: veraPDF says whether they are PDF/A-3,
 * Mustangproject whether the XML in them is valid by EN 16931. `--keep` says where they are, and leaves them there.
 *
 * It needs Maven with a JDK of 17 or newer, which fetches both.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import type { InvoiceDocument } from '../../src/documents/invoice-document.ts'
import { renderPdf } from '../../src/documents/render-pdf.ts'
import { documentOf, documents } from '../support/invoice-documents.ts'

const run = promisify(execFile)
const here = import.meta.dirname
const { keep } = parseArgs({ options: { keep: { type: 'boolean' } } }).values
const folder = mkdtempSync(join(tmpdir(), 'kingpost-invoices-'))

/** What must be found wrong: a check that cannot fail is none. */
const wrong: Readonly<Record<string, InvoiceDocument>> = {
  'wrong sum': { ...documentOf(), totals: { net: 1869, tax: 130, total: 1999 } },
  'wrong tax': documentOf({ taxes: [{ ratePpm: 70_000, category: 'S', net: 1868, tax: 900, reason: null }] }),
  'no seller': { ...documentOf(), seller: { ...documentOf().seller, vatId: null, taxNumber: null } },
}

try {
  const all = { ...documents, ...wrong }
  for (const [name, document] of Object.entries(all)) writeFileSync(join(folder, `${name}.pdf`), await renderPdf(document))
  const classpath = join(folder, 'classpath')
  await run('mvn', ['-q', '-B', '-f', join(here, 'invoices-pom.xml'), 'dependency:build-classpath', `-Dmdep.outputFile=${classpath}`])
  const libraries = readFileSync(classpath, 'utf8').trim()
  await run('javac', ['-cp', libraries, '-d', folder, join(here, 'ValidateInvoices.java')])
  const { stdout } = await run('java', ['-cp', [libraries, folder].join(delimiter), 'ValidateInvoices', folder], { maxBuffer: 2 ** 26 })
  const verdicts = new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => [line.split('.pdf\t')[0], line.split('\t').slice(1)]),
  )
  const mistakes = Object.entries(all).flatMap(([name, document]) => {
    const [archive, invoice, found = ''] = verdicts.get(name) ?? []
    const expected = name in wrong ? 'false' : document.currency === 'KWD' ? '-' : 'true'
    return archive === 'true' && invoice === expected
      ? []
      : [`${name}: PDF/A-3 ${archive}, EN 16931 ${invoice}, expected ${expected}. ${found}`]
  })
  for (const mistake of mistakes) console.error(mistake.slice(0, 3_000))
  if (mistakes.length > 0) process.exitCode = 1
  else
    console.log(
      `Invoices: ${Object.keys(documents).length} are PDF/A-3 and valid by EN 16931; ${Object.keys(wrong).length} wrong ones are found.`,
    )
} finally {
  if (keep) console.log(folder)
  else rmSync(folder, { recursive: true, force: true })
}
