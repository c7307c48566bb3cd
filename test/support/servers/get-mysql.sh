#!/bin/sh
# MySQL for the tests, in a folder of its own: no Debian release has it, the unstable suite does. Its packages and all
# they need, the C library too, are unpacked and nothing of them is installed, so the system stays as it is and any user
# may run the server. Needs root, mmdebstrap (apt-get install mmdebstrap) and 330 MB; takes some ten seconds.
set -eu
folder=${1:-/usr/local/lib/kingpost-mysql}
[ -x "$folder/mysqld" ] && exit 0
rm -rf "$folder.new"
# A mirror may hold an old copy of the suite: its date is not checked, its signature is.
mmdebstrap --quiet --variant=extract --aptopt='Acquire::Check-Valid-Until "false"' --include=mysql-server-core sid "$folder.new"
cat >"$folder.new/mysqld" <<'END'
#!/bin/sh
folder=$(dirname "$0")
for loader in "$folder"/usr/lib/*-linux-gnu*/ld-linux*.so.*; do break; done
exec "$loader" --library-path "$(dirname "$loader")" "$folder/usr/sbin/mysqld" --no-defaults "--basedir=$folder/usr" \
  "--plugin-dir=$folder/usr/lib/mysql/plugin" "--lc-messages-dir=$folder/usr/share/mysql" "--character-sets-dir=$folder/usr/share/mysql/charsets" "$@"
END
chmod 755 "$folder.new" "$folder.new/mysqld"
rm -rf "$folder"
mv "$folder.new" "$folder"
