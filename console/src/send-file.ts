/** Owns sending a file whose way is told as it goes, which `fetch` cannot: a server that reads slowly lets no more of it leave. */
import { ApiError, type Problem } from '/client/index.ts'
import { Unreachable } from './client.ts'

export type Sending = { type: string; onProgress: (part: number) => void; signal: AbortSignal }

/** @throws ApiError, Unreachable; never settles once the signal has ended it */
export function sendFile<T>(path: string, file: Blob, { type, onProgress, signal }: Sending): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    request.setRequestHeader('content-type', type)
    request.responseType = 'json'
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total)
    request.onerror = () => reject(new Unreachable(request.status))
    request.onload = () => {
      if (request.status < 300) resolve(request.response as T)
      else reject(request.response === null ? new Unreachable(request.status) : new ApiError(request.response as Problem))
    }
    signal.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}
