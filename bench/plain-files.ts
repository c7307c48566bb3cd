/** The least code that keeps a file: a body is piped to the disk and synced, and piped back. `node bench/plain-files.ts PORT FOLDER`. */
import { createReadStream, createWriteStream, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

const [port, folder] = process.argv.slice(2)
const path = join(folder!, 'plain.bin')

createServer(async (request, response) => {
  if (request.url === '/readyz') return response.end()
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-length': statSync(path).size })
    return await pipeline(createReadStream(path), response)
  }
  await pipeline(request, createWriteStream(path, { flush: true }))
  response.end('{}')
}).listen(Number(port), '127.0.0.1')
