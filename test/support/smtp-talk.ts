// Somebody who speaks SMTP by hand, and says what no mail program would.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'

export type SmtpTalk = {
  /** The whole answer to a line, without the last line break; '' once the other side has hung up. */
  say(line: string): Promise<string>
  /** Bytes as they are, and the next answer. */
  send(bytes: string | Uint8Array): Promise<string>
  /** Bytes as they are, and no answer. */
  push(bytes: string | Uint8Array): void
  answer(): Promise<string>
  /** One whole message; answers what its final dot is answered by, or what was refused before it. */
  mail(from: string, to: string | readonly string[], raw: string | Uint8Array): Promise<string>
  startTls(options?: ConnectionOptions): Promise<string>
  hangUp(): void
}

/** Greeted already, and introduced. `from`: its own address, one of this machine. */
export async function talkTo(port: number, hello = 'EHLO peer.example', from = '127.0.0.1'): Promise<SmtpTalk> {
  const first: Socket = connect({ port, host: '127.0.0.1', localAddress: from })
  await once(first, 'connect')
  const talk = talkOn(first)
  await talk.answer()
  if (hello !== '') await talk.say(hello)
  return talk
}

function talkOn(given: Socket): SmtpTalk {
  let socket = given
  let rest = ''
  let isOver = false
  let wake = () => {}
  const listen = (one: Socket) =>
    one
      .setEncoding('latin1')
      .on('data', (chunk: string) => {
        rest += chunk
        wake()
      })
      .on('error', () => {})
      .on('close', () => {
        if (one !== socket) return
        isOver = true
        wake()
      })
  listen(socket)

  async function answer(): Promise<string> {
    for (;;) {
      const [whole] = /^(?:\d{3}-[^\r\n]*\r\n)*\d{3}(?: [^\r\n]*)?\r\n/.exec(rest) ?? []
      if (whole !== undefined) {
        rest = rest.slice(whole.length)
        return whole.trimEnd()
      }
      if (isOver) return ''
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  const push = (bytes: string | Uint8Array) =>
    void (isOver || socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes))
  const send = (bytes: string | Uint8Array) => {
    push(bytes)
    return answer()
  }
  const say = (line: string) => send(`${line}\r\n`)

  return {
    say,
    send,
    push,
    answer,
    async mail(from, to, raw) {
      for (const line of [`MAIL FROM:<${from}>`, ...[to].flat().map((one) => `RCPT TO:<${one}>`), 'DATA']) {
        const reply = await say(line)
        if (!/^[23]/.test(reply)) return reply
      }
      push(raw)
      return await send('\r\n.\r\n')
    },
    async startTls(options = {}) {
      const reply = await say('STARTTLS')
      if (!reply.startsWith('220')) return reply
      const plain = socket.removeAllListeners('data')
      const secured = connectTls({ socket: plain, rejectUnauthorized: false, ...options })
      socket = secured
      await once(secured, 'secureConnect')
      rest = ''
      listen(secured)
      return reply
    },
    hangUp: () => void socket.destroy(),
  }
}
