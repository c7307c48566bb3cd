// Node's HTTP without what comes along: an `import` of node:http (26.10) looks at each of its exports, and so loads all of
// fetch for WebSocket among them.
import { createRequire } from 'node:module'

export const nodeHttp = createRequire(import.meta.url)('node:http') as typeof import('node:http')
