// Whether an answer is what the OpenAPI document says: its status is declared and its body fits.
import assert from 'node:assert/strict'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { openApiDocument } from '../../src/http/openapi.ts'
import type { ApiAnswer, ApiHarness } from './api-harness.ts'

type Response = { headers?: Record<string, object>; content?: Record<string, { schema: object }> }
type Described = { operations: Map<string, Record<string, Response>>; validatorOf(schema: object): ValidateFunction }

const described = new WeakMap<object, Described>()
let latest: { text: string; value: Described } | null = null
/** By what their worlds were made with. */
const ofAlike = new WeakMap<object, Described>()

/** Worlds that were made `alike`, with the same options, have the same document: it is written once. */
export async function loadDocument(api: ApiHarness, alike: object = api): Promise<void> {
  const known = ofAlike.get(alike)
  if (known !== undefined && known === latest?.value) return void described.set(api, known)
  const text = JSON.stringify(openApiDocument(api.engine.operations, [], { name: 'Test', version: '0', publicUrl: 'http://shop.test' }))
  if (latest?.text !== text) {
    const document = JSON.parse(text) as {
      paths: Record<string, Record<string, { operationId: string; responses: Record<string, Response | { $ref: string }> }>>
      components: { responses: Record<string, Response> }
    }
    const operations = new Map<string, Record<string, Response>>()
    for (const path of Object.values(document.paths))
      for (const one of Object.values(path))
        operations.set(
          one.operationId,
          Object.fromEntries(Object.entries(one.responses).map(([status, response]) => [status, referred(document.components, response)])),
        )
    latest = { text, value: { operations, validatorOf: validatorsOf(document.components) } }
  }
  described.set(api, latest.value)
  ofAlike.set(alike, latest.value)
}

/** What answers have in common is compiled once, and so are those that are alike. */
function validatorsOf(components: object): (schema: object) => ValidateFunction {
  const here = (schema: object) => JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"document#/')
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false, inlineRefs: false })
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  ajv.addFormat('date', /^\d{4}-\d\d-\d\d$/)
  for (const name of ['email', 'uri', 'currency', 'int64']) ajv.addFormat(name, true)
  ajv.addSchema({ $id: 'document', ...(JSON.parse(here({ components })) as object) })
  const compiled = new Map<string, ValidateFunction>()
  return (schema) => {
    const text = here(schema)
    const known = compiled.get(text) ?? ajv.compile(JSON.parse(text) as object)
    compiled.set(text, known)
    return known
  }
}

function referred(components: { responses: Record<string, Response> }, response: Response | { $ref: string }): Response {
  return '$ref' in response ? components.responses[response.$ref.split('/').at(-1)!]! : response
}

/** Headers that a client is to know of before it calls. */
const documentedHeaders = ['ETag', 'Location', 'Retry-After', 'Idempotent-Replayed']

export function fitsDocument(api: ApiHarness, operation: string, answer: ApiAnswer): void {
  const document = described.get(api)
  if (!document) return
  const responses = document.operations.get(operation)
  assert.ok(responses, `${operation} is not in the document`)
  const response = responses[String(answer.status)]
  assert.ok(response, `${operation} does not declare ${answer.status} (${answer.body?.code}): ${Object.keys(responses)}`)
  for (const name of documentedHeaders)
    if (answer.headers[name.toLowerCase()] !== undefined)
      assert.ok(response.headers?.[name], `${operation} ${answer.status} does not declare the header ${name}`)
  if (!response.content) return assert.equal(answer.text, '', `${operation} ${answer.status} has no content declared`)
  const type = String(answer.headers['content-type']).split(';')[0]!
  const content = response.content[type] ?? response.content['*/*']
  assert.ok(content, `${operation} ${answer.status} does not declare ${type}`)
  const validate = document.validatorOf(content.schema)
  if (!validate(type.endsWith('json') ? answer.body : answer.text))
    assert.fail(`${operation} ${answer.status} does not fit the document: ${JSON.stringify(validate.errors)}\n${answer.text.slice(0, 500)}`)
}
