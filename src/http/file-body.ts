// A body that is one file: by itself, or as the only part of a form. Its bytes are handed on as they come, at the pace they are
// taken; nothing is held. Invariant: a sender who goes silent, goes away or sends on without an end holds nothing for long.
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { Busboy, BusboyHeaders } from '@fastify/busboy'
import type { Clock } from '../base/clock.ts'
import { EngineError, invalid } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { nodeHttp } from '../base/node-http.ts'
import { isStorableText, pointerStep } from '../base/text.ts'
import type { IncomingFile } from '../operation/define.ts'
import { takesLong } from './sockets.ts'

/** Of one request, once. @throws malformed_request, validation_failed, unsupported_media_type */
export async function openFileBody(request: IncomingMessage, clock: Clock): Promise<IncomingFile> {
  const { headers } = request
  checkCoding(headers['content-encoding'])
  const type = headers['content-type'] ?? null
  const length = headers['content-length'] === undefined ? null : Number(headers['content-length'])
  if (length === null && headers['transfer-encoding'] === undefined) throw invalid('', 'required', 'is missing: send the bytes of a file')
  if (type !== null && /^multipart\//i.test(type)) return await openForm(request, clock, type)
  return { name: nameOf(headers['file-name']), type, length, bytes: bytesOf(request, request, clock) }
}

/** A file is what comes: nothing is unpacked, so that none is a thousand times what was sent (RFC 9110 section 15.5.16). */
function checkCoding(coding: string | undefined): void {
  if (coding === undefined || coding.trim().toLowerCase() === 'identity') return
  throw new EngineError('unsupported_media_type', {
    detail: 'Send a file as it is, without Content-Encoding.',
    headers: { 'accept-encoding': 'identity' },
  })
}

/** Percent-encoded UTF-8 (RFC 8187's letters), since a header has ASCII alone. */
function nameOf(header: string | readonly string[] | undefined): string | null {
  if (typeof header !== 'string') return null
  try {
    const name = decodeURIComponent(header)
    if (isStorableText(name)) return name
  } catch {
    // Said below.
  }
  throw invalid('header:File-Name', 'format', 'must be a name in percent-encoded UTF-8')
}

/** What is read may be a part of the request. Both end together. */
async function* bytesOf(source: Readable, request: IncomingMessage, clock: Clock): AsyncIterable<Uint8Array> {
  const watch = watchPace(request, clock)
  try {
    // What is not read is thrown away by whoever answers: to end the stream here would cut the answer off.
    for await (const part of source.iterator({ destroyOnReturn: false })) {
      watch.hasCome()
      yield part as Uint8Array
      release(source, part as Uint8Array)
      watch.isWaiting()
    }
    if (source === request && isCut(request)) throw brokenOff()
  } catch (error) {
    throw error instanceof EngineError ? error : (watch.verdict() ?? brokenOff(error))
  } finally {
    watch.stop()
  }
}

/**
 * Gives the memory of a part back at once. Left to V8, parts of a large file are so much memory outside of its heap that it marks
 * the whole heap up to 20 times for 256 MiB. Only what Node's parser made for this request is ours to give back.
 */
function release(source: Readable, { buffer, byteLength }: Uint8Array): void {
  if (source instanceof nodeHttp.IncomingMessage && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}

/** While we wait for the sender: a slow store is no fault of theirs. */
function watchPace(request: IncomingMessage, clock: Clock) {
  const startedAt = clock.now()
  let found: EngineError | null = null
  let cancel = () => {}
  const endsLong = takesLong(request.socket)
  const giveUp = () => {
    found = new EngineError('request_timeout')
    request.destroy(found)
  }
  const isWaiting = () => {
    const left = startedAt + limits.fileUploadMs - clock.now()
    cancel = clock.after(Math.max(0, Math.min(limits.fileSilenceMs, left)), giveUp)
  }
  isWaiting()
  return {
    hasCome: () => cancel(),
    isWaiting,
    verdict: () => found,
    stop() {
      cancel()
      endsLong()
    },
  }
}

/** Requests that come without a socket, as in tests, are always whole, and do not say so. */
function isCut({ complete }: Partial<IncomingMessage>): boolean {
  return complete === false
}

function brokenOff(cause?: unknown): EngineError {
  return new EngineError('malformed_request', { detail: 'The file ended before all of it had come.', ...(cause ? { cause } : {}) })
}

/** The form of a browser: one part, which is a file. Others are refused: who sends them expects something of them. */
async function openForm(request: IncomingMessage, clock: Clock, type: string): Promise<IncomingFile> {
  const form = await openParser(request, type)
  const outcome = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<IncomingFile>()
  const fail = (error: Error) => {
    opened.reject(error)
    outcome.reject(error)
    form.destroy()
  }
  // Whoever waits for none of them is not told.
  outcome.promise.catch(() => {})
  opened.promise.catch(() => {})
  form.on('file', (_field, stream, name, _encoding, partType) => {
    stream.on('error', () => {})
    opened.resolve({
      name: name === undefined ? null : name,
      type: partType,
      length: null,
      bytes: bytesOfPart(stream, { request, clock, outcome: outcome.promise }),
    })
  })
  form.on('field', (name) => fail(invalid(`/${pointerStep(name)}`, 'unknown_field', 'is no file: a form holds one file and nothing else')))
  for (const limit of ['filesLimit', 'fieldsLimit', 'partsLimit'] as const)
    form.on(limit, () => fail(invalid('', 'parts', 'holds more than one part: send one file at a time')))
  form.on('error', (error) => fail(error instanceof EngineError ? error : malformedForm(error)))
  form.on('finish', () => {
    opened.reject(invalid('', 'required', 'holds no file'))
    outcome.resolve()
  })
  request.once('close', () => {
    if (isCut(request)) fail(brokenOff())
  })
  request.pipe(form)
  return await opened.promise
}

async function openParser(request: IncomingMessage, type: string): Promise<Busboy> {
  if (!/^multipart\/form-data\b/i.test(type))
    throw new EngineError('unsupported_media_type', { detail: 'Send a form as multipart/form-data.' })
  // Most files come by themselves: it is read with the first form.
  const { Busboy } = await import('@fastify/busboy')
  try {
    return new Busboy({
      headers: request.headers as BusboyHeaders,
      defCharset: 'utf8',
      limits: {
        files: 1,
        fields: 1,
        parts: 2,
        headerPairs: 20,
        fieldNameSize: limits.textCharactersMax,
        fieldSize: 0,
        headerSize: limits.queryBytesMax,
      },
    })
  } catch (error) {
    throw malformedForm(error)
  }
}

function malformedForm(cause: unknown): EngineError {
  return new EngineError('malformed_request', { detail: 'The form is not valid multipart/form-data.', cause })
}

type Form = { readonly request: IncomingMessage; readonly clock: Clock; readonly outcome: Promise<void> }

/** All of the part, and then the end of the form: what comes behind it must be nothing. */
async function* bytesOfPart(stream: Readable, { request, clock, outcome }: Form): AsyncIterable<Uint8Array> {
  outcome.catch((error: Error) => stream.destroy(error))
  try {
    yield* bytesOf(stream, request, clock)
  } catch (error) {
    await outcome
    throw error
  }
  await outcome
}
