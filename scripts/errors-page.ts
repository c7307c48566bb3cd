/** Owns docs/reference/errors.md: the page is made from the table of codes and holds nothing else. */
import { errorCodes } from '../src/contract/error-codes.ts'

export const errorsPath = 'docs/reference/errors.md'

const retries = {
  never: 'never: change the request first',
  whenChanged: 'once what it speaks of has changed',
  now: 'at once: read again, then retry',
  later: 'later: after `Retry-After`',
} as const

export function errorsPage(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, { status, retry, message }]) => `| \`${code}\` | ${status} | ${retries[retry]} | ${message} |`,
  )
  return `# Errors

<!-- Made from src/contract/error-codes.ts by \`node scripts/check-docs.ts --write\`. -->

Every error is a problem document of RFC 9457 (\`application/problem+json\`). Look at \`code\`: it is stable, while the
sentences may improve. \`errors\` lists mistakes in the input, each with a JSON pointer into the body or \`query:name\` for a
parameter. \`requestId\` is in the server's log too. No problem document holds a stack, SQL or a value that the caller may
not see.

\`\`\`json
{
  "type": "https://kingpost.dev/errors/validation_failed",
  "title": "The request does not fit the schema.",
  "status": 400,
  "detail": "must be at least 1",
  "code": "validation_failed",
  "requestId": "req_01m86c3adve008jw5814-3",
  "errors": [{ "path": "/quantity", "code": "minimum", "message": "must be at least 1" }]
}
\`\`\`

Errors that a project [defines itself](../guides/own-operations.md#errors-of-your-own) have the same form. They differ in two things: \`code\` is a word of the
project, and \`type\` is \`/api/docs#errors/\` with that word: an address of the project's own server, whose reference lists them. \`type\` of
the codes below is \`https://kingpost.dev/errors/\` with the code; it names the kind and nothing need be fetched
from it. No error of a project's own carries \`Retry-After\`.

| code | status | trying again helps | meaning |
|---|---|---|---|
${rows.join('\n')}
`
}
