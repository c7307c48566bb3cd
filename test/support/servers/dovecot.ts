// Dovecot as Debian packages it (dovecot-imapd, dovecot-lmtpd, dovecot-sieve), run by ourselves and by no user of its own: IMAP, IMAP over TLS and
// LMTP, with users that are made while it runs. Invariant: what it stores is what it was handed, byte for byte.
import { execFile, execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { selfSigned } from '../certificate.ts'
import { eventually } from '../eventually.ts'
import { freePort, greeting, type RunningProgram, runner, startProgram } from './database-server.ts'
import { findProgram } from './find-program.ts'

const run = promisify(execFile)

export type MailUser = {
  readonly password?: string
  /** Nothing more is taken once this many bytes are there. */
  readonly quotaBytes?: number
  /** A script of Sieve that each delivery is run by: `require "vacation"; vacation "I am away.";` */
  readonly sieve?: string
}

export type Dovecot = Omit<RunningProgram, 'port'> & {
  readonly imapPort: number
  readonly imapsPort: number
  /** In PEM: what IMAP over TLS shows, for the name `localhost`. */
  readonly certificate: string
  /** A socket of the file system. */
  readonly lmtpSocket: string
  /** Also of one that is there: the password is another one then. */
  addUser(address: string, user?: MailUser): Promise<void>
  /** Puts a message into a folder without LMTP: of hundreds of thousands each is a file. */
  store(address: string, raw: string | Uint8Array, folder?: string): void
  /** What is in a folder, in the order in which it came. */
  messages(address: string, folder?: string): readonly Buffer[]
}

export type DovecotOptions = {
  /** `HOST:PORT` of SMTP: where answers that Sieve writes are handed in. */
  readonly submission?: string
}

export const mailPassword = 'a long password'

export function whyNoDovecot(): string | null {
  const missing = findProgram('dovecot') === null || !hasModules()
  return missing ? 'Dovecot cannot be found: apt-get install dovecot-imapd dovecot-lmtpd dovecot-sieve' : null
}

/** For tests: false where it is there, else why they are not run. @throws Error in CI */
export function skipsDovecot(): string | false {
  const reason = whyNoDovecot()
  if (reason !== null && process.env['CI'] === 'true') throw new Error(`${reason}. In CI this must run.`)
  return reason === null ? false : `NOT RUN: ${reason}`
}

function hasModules(): boolean {
  try {
    for (const file of ['imap', 'lmtp', 'modules/lib90_sieve_plugin.so']) statSync(join('/usr/lib/dovecot', file))
    return true
  } catch {
    return false
  }
}

export async function startDovecot({ submission }: DovecotOptions = {}): Promise<Dovecot> {
  const reason = whyNoDovecot()
  if (reason !== null) throw new Error(`Dovecot cannot be started: ${reason}.`)
  const { uid = process.getuid!(), gid = process.getgid!() } = runner()
  const nameOf = (word: string, id: number) => execFileSync('id', [word, String(id)], { encoding: 'utf8' }).trim()
  const [user, group] = [nameOf('-un', uid), nameOf('-gn', uid)]
  const imapsPort = await freePort()
  const { key, cert } = selfSigned('localhost')
  const own = (path: string) => chownSync(path, uid, gid)
  const { port: imapPort, ...running } = await startProgram({
    name: 'dovecot',
    prepare(folder) {
      for (const [name, text] of [
        ['key.pem', key],
        ['cert.pem', cert],
        ['users', ''],
      ] as const) {
        writeFileSync(join(folder, name), text, { mode: 0o600 })
        own(join(folder, name))
      }
      for (const name of ['mail', 'run', 'state']) {
        mkdirSync(join(folder, name))
        own(join(folder, name))
      }
    },
    command(folder, onPort) {
      const file = join(folder, 'dovecot.conf')
      writeFileSync(file, settings({ folder, user, group, uid, gid, imapPort: onPort, imapsPort, submission }))
      return [findProgram('dovecot')!, '-F', '-c', file]
    },
    probe: greeting,
    stopSignal: 'SIGTERM',
  })
  const { folder } = running
  const place = (address: string, name = 'INBOX') => join(folder, 'mail', address, 'Maildir', name === 'INBOX' ? '' : `.${name}`)
  let stored = 0
  return {
    ...running,
    imapPort,
    imapsPort,
    certificate: cert,
    lmtpSocket: join(folder, 'run/lmtp'),
    async addUser(address, { password = mailPassword, quotaBytes, sieve } = {}) {
      const home = join(folder, 'mail', address)
      mkdirSync(home, { recursive: true })
      own(home)
      if (sieve !== undefined) {
        writeFileSync(join(home, '.dovecot.sieve'), sieve)
        own(join(home, '.dovecot.sieve'))
      }
      const quota = quotaBytes === undefined ? '' : `userdb_quota_rule=*:bytes=${quotaBytes}`
      const others = readFileSync(join(folder, 'users'), 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith(`${address}:`))
      // The file is read whenever somebody comes: never half of it.
      writeFileSync(join(folder, 'users.new'), [...others, `${address}:{PLAIN}${password}::::::${quota}`, ''].join('\n'), { mode: 0o600 })
      own(join(folder, 'users.new'))
      renameSync(join(folder, 'users.new'), join(folder, 'users'))
      // Dovecot looks at the file once in a second.
      await eventually(`Dovecot knows ${address}`, async () => {
        await run('doveadm', ['-c', join(folder, 'dovecot.conf'), 'auth', 'test', address, password], { timeout: 10_000 })
        return true
      })
    },
    store(address, raw, name) {
      const box = place(address, name)
      for (const part of ['tmp', 'cur', 'new']) {
        const path = join(box, part)
        if (mkdirSync(path, { recursive: true }) !== undefined) for (const made of [join(box, '..'), box, path]) own(made)
      }
      const file = `${1_700_000_000 + stored}.M${String(stored++).padStart(8, '0')}.here`
      writeFileSync(join(box, 'tmp', file), raw)
      own(join(box, 'tmp', file))
      renameSync(join(box, 'tmp', file), join(box, 'new', file))
    },
    messages: (address, name) => filesIn(place(address, name)).map((path) => readFileSync(path)),
  }
}

/** Of a Maildir: those that nobody has seen, and the others. */
function filesIn(box: string): string[] {
  const inPart = (part: string) => {
    try {
      return readdirSync(join(box, part)).map((name) => join(box, part, name))
    } catch {
      return []
    }
  }
  const cameAt = (path: string) => path.slice(path.lastIndexOf('/') + 1)
  return [...inPart('new'), ...inPart('cur')].toSorted((a, b) => (cameAt(a) < cameAt(b) ? -1 : 1))
}

type Place = {
  readonly folder: string
  readonly user: string
  readonly group: string
  readonly uid: number
  readonly gid: number
  readonly imapPort: number
  readonly imapsPort: number
  readonly submission: string | undefined
}

function settings({ folder, user, group, uid, gid, imapPort, imapsPort, submission }: Place): string {
  return `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = /dev/stderr
default_internal_user = ${user}
default_internal_group = ${group}
default_login_user = ${user}
first_valid_uid = 1
first_valid_gid = 1
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <${folder}/cert.pem
ssl_key = <${folder}/key.pem
disable_plaintext_auth = no
mail_location = maildir:~/Maildir
mail_plugins = quota
# Else a line ends there as Unix does, and only IMAP shows it as it came.
mail_save_crlf = yes
recipient_delimiter = +
mail_max_userip_connections = 100
login_trusted_networks = 127.0.0.0/8
${submission === undefined ? '' : `submission_host = ${submission}`}
passdb {
  driver = passwd-file
  args = username_format=%Lu ${folder}/users
}
userdb {
  driver = passwd-file
  args = username_format=%Lu ${folder}/users
  default_fields = uid=${uid} gid=${gid} home=${folder}/mail/%Lu
}
namespace inbox {
  inbox = yes
  separator = /
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${imapPort}
  }
  inet_listener imaps {
    port = ${imapsPort}
    ssl = yes
  }
}
service lmtp {
  unix_listener lmtp {
    mode = 0666
  }
}
protocol lmtp {
  mail_plugins = quota sieve
}
protocol imap {
  mail_plugins = quota
}
plugin {
  quota = maildir:User quota
  quota_exceeded_message = Mailbox is full
  sieve = file:~/sieve;active=~/.dovecot.sieve
}
`
}
