// Postfix as Debian packages it, run by ourselves: a mail server that takes mail for its domains, hands it to Dovecot, and brings what is for others to
// whom the DNS names. It looks names up at a server of the test's own, by a /etc/resolv.conf that it alone sees. It is begun as root, as it has to be.
// Invariant: no mail leaves this machine.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { greeting, type RunningProgram, startProgram } from './database-server.ts'
import { findProgram } from './find-program.ts'

export type Postfix = RunningProgram & {
  /** `127.0.0.1:PORT` */
  readonly place: string
  /** Tries again now what it could not deliver. */
  flush(): void
  /** One line for each message that waits. */
  queue(): readonly { readonly queue_name: string; readonly sender: string; readonly recipients: readonly { readonly address: string }[] }[]
}

export type PostfixOptions = {
  readonly name: string
  /** Whose mail is handed to `lmtpSocket`. */
  readonly domains: readonly string[]
  readonly lmtpSocket: string
  /** A name server's address, on port 53. */
  readonly nameServer: string
  readonly port?: number
  /** Where MX records lead to it, at port 25, and what it shows there. In PEM. */
  readonly mx?: { readonly host: string; readonly key: string; readonly cert: string }
  /** Others of main.cf. */
  readonly settings?: Readonly<Record<string, string>>
  /** Addresses and domains, and by what they are reached: `{ 'ann@shop.test': 'smtp:[127.0.0.1]:2525' }`. */
  readonly ways?: Readonly<Record<string, string>>
}

const daemons = '/usr/lib/postfix/sbin'

export function whyNoPostfix(): string | null {
  if (findProgram('postfix') === null) return 'Postfix cannot be found: apt-get install postfix'
  if (process.getuid?.() !== 0) return 'Postfix has to be started by root'
  const isHidden = spawnSync('unshare', ['-m', 'true']).status === 0
  return isHidden ? null : 'this user may not make a namespace of mounts: Postfix would ask the name servers of this machine'
}

/** Whose `/etc/resolv.conf` names this server alone: the beginning of a command. */
export function askingOnly(resolvConf: string, command: readonly string[]): readonly string[] {
  return ['unshare', '-m', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"', resolvConf, ...command]
}

export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  const reason = whyNoPostfix()
  if (reason !== null) throw new Error(`Postfix cannot be started: ${reason}.`)
  const running = await startProgram({
    name: 'postfix',
    isRoot: true,
    ...(options.port !== undefined && { port: options.port }),
    prepare: (folder) => prepare(folder, options),
    command(folder, port) {
      writeFileSync(join(folder, 'etc/master.cf'), services(port, options.mx?.host))
      return askingOnly(join(folder, 'resolv.conf'), [join(daemons, 'master'), '-c', join(folder, 'etc'), '-d'])
    },
    probe: greeting,
    stopSignal: 'SIGTERM',
  })
  const { folder, port } = running
  const config = join(folder, 'etc')
  return {
    ...running,
    place: `127.0.0.1:${port}`,
    flush: () => void execFileSync('postqueue', ['-c', config, '-f'], { stdio: 'pipe' }),
    queue: () =>
      execFileSync('postqueue', ['-c', config, '-j'], { encoding: 'utf8' })
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  }
}

function prepare(folder: string, { name, domains, lmtpSocket, nameServer, mx, settings = {}, ways = {} }: PostfixOptions): void {
  for (const own of ['etc', 'queue', 'data']) mkdirSync(join(folder, own))
  execFileSync('chown', ['postfix', join(folder, 'data')])
  writeFileSync(join(folder, 'resolv.conf'), `nameserver ${nameServer}\noptions timeout:2 attempts:2\n`)
  writeFileSync(
    join(folder, 'etc/ways'),
    Object.entries(ways)
      .map(([to, way]) => `${to} ${way}\n`)
      .join(''),
  )
  const main = {
    compatibility_level: '3.6',
    queue_directory: join(folder, 'queue'),
    data_directory: join(folder, 'data'),
    daemon_directory: daemons,
    command_directory: '/usr/sbin',
    maillog_file: join(folder, 'log'),
    maillog_file_prefixes: folder,
    myhostname: name,
    mydestination: '',
    alias_maps: '',
    local_recipient_maps: '',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    mynetworks: '127.0.0.0/8',
    smtpd_relay_restrictions: 'permit_mynetworks, reject',
    smtpd_peername_lookup: 'no',
    virtual_mailbox_domains: domains.join(', '),
    // Whether there is such a user is for Dovecot to say: what it refuses comes back.
    virtual_mailbox_maps: 'static:all',
    virtual_transport: `lmtp:unix:${lmtpSocket}`,
    recipient_delimiter: '+',
    transport_maps: `texthash:${join(folder, 'etc/ways')}`,
    smtp_host_lookup: 'dns',
    smtp_tls_security_level: 'may',
    // What could not be delivered is tried again soon.
    minimal_backoff_time: '1s',
    maximal_backoff_time: '2s',
    queue_run_delay: '1s',
    smtp_destination_concurrency_failed_cohort_limit: '0',
    lmtp_destination_concurrency_failed_cohort_limit: '0',
    ...(mx && { smtpd_tls_security_level: 'may', smtpd_tls_chain_files: join(folder, 'etc/chain.pem') }),
    ...settings,
  }
  if (mx !== undefined) writeFileSync(join(folder, 'etc/chain.pem'), `${mx.key}${mx.cert}`, { mode: 0o600 })
  writeFileSync(
    join(folder, 'etc/main.cf'),
    Object.entries(main)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join(''),
  )
  execFileSync(join(daemons, 'post-install'), ['create-missing'], {
    stdio: 'pipe',
    env: {
      ...process.env,
      config_directory: join(folder, 'etc'),
      ...{ queue_directory: main.queue_directory, data_directory: main.data_directory, daemon_directory: daemons },
      ...{ command_directory: '/usr/sbin', meta_directory: '/etc/postfix', shlib_directory: '/usr/lib/postfix', mail_owner: 'postfix' },
      setgid_group: 'postdrop',
    },
  })
}

/** None of them in a root folder of its own: the queue lies in a folder that goes with the test. */
function services(port: number, host: string | undefined): string {
  const rows = [
    `127.0.0.1:${port} inet n - n - - smtpd`,
    ...(host === undefined ? [] : [`${host}:25 inet n - n - - smtpd`]),
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'tlsmgr unix - - n 1000? 1 tlsmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'verify unix - - n - 1 verify',
    'flush unix n - n 1000? 0 flush',
    'proxymap unix - - n - - proxymap',
    'smtp unix - - n - - smtp',
    'lmtp unix - - n - - lmtp',
    'showq unix n - n - - showq',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'discard unix - - n - - discard',
    'anvil unix - - n - 1 anvil',
    'scache unix - - n - 1 scache',
    'postlog unix-dgram n - n - 1 postlogd',
  ]
  return `${rows.join('\n')}\n`
}
