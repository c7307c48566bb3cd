import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseServer } from './dialect.ts'
import { diagnose } from './doctor.ts'

const good = {
  wsrep_on: 'OFF',
  read_only: 'OFF',
  innodb_flush_log_at_trx_commit: '1',
  innodb_doublewrite: 'ON',
  log_bin: 'OFF',
  sync_binlog: '0',
  binlog_format: 'MIXED',
  innodb_ft_min_token_size: '3',
  innodb_ft_max_token_size: '84',
}
const look = (change: Readonly<Record<string, string>>, version = '10.11.19-MariaDB') =>
  diagnose(parseServer(version), new Map(Object.entries({ ...good, ...change })))
const sound = { refused: [], weak: [] }

test('a version is read from what the server says, behind a proxy too', () => {
  assert.deepEqual(parseServer('10.11.19-MariaDB-0+deb12u1'), { product: 'mariadb', version: '10.11.19' })
  assert.deepEqual(parseServer('5.5.5-10.6.2-MariaDB-log'), { product: 'mariadb', version: '10.6.2' })
  assert.deepEqual(parseServer('8.4.3'), { product: 'mysql', version: '8.4.3' })
})

test('a server as it should be passes', () => {
  assert.deepEqual(look({}), sound)
  assert.deepEqual(look({ log_bin: 'ON', sync_binlog: '1' }), sound)
  assert.deepEqual(look({ innodb_doublewrite: 'DETECT_AND_RECOVER' }, '8.4.3'), sound)
})

test('commits that could be lost are weak, each with its setting', () => {
  for (const [change, name] of [
    [{ innodb_flush_log_at_trx_commit: '2' }, 'innodb_flush_log_at_trx_commit'],
    [{ innodb_flush_log_at_trx_commit: '0' }, 'innodb_flush_log_at_trx_commit'],
    [{ log_bin: 'ON' }, 'sync_binlog'],
    [{ innodb_doublewrite: 'OFF' }, 'innodb_doublewrite'],
    [{ innodb_doublewrite: 'DETECT_ONLY' }, 'innodb_doublewrite'],
  ] as const) {
    const { refused, weak } = look(change)
    assert.deepEqual(refused, [])
    assert.equal(weak.length, 1)
    assert.ok(weak[0]!.startsWith(name))
  }
})

test('what cannot work is refused, whatever is allowed', () => {
  for (const [change, words] of [
    [{ wsrep_on: 'ON' }, /Galera/],
    [{ read_only: 'ON' }, /read-only/],
    [{ read_only: 'NO_LOCK' }, /read-only/],
    [{ super_read_only: 'ON' }, /read-only/],
    [{ log_bin: 'ON', sync_binlog: '1', binlog_format: 'STATEMENT' }, /binlog_format/],
    [{ innodb_ft_min_token_size: '5' }, /innodb_ft_min_token_size.*set 4 or less/],
    [{ innodb_ft_max_token_size: '40' }, /innodb_ft_max_token_size.*set 80 or more/],
  ] as const)
    assert.match(look(change).refused.join(), words)
  assert.match(look({}, '10.5.9-MariaDB').refused.join(), /10\.6/)
  assert.match(look({}, '8.0.18').refused.join(), /8\.0\.19/)
  assert.match(look({}, '5.7.44').refused.join(), /8\.0\.19/)
})
