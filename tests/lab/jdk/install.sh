# Puts a JDK at the path "$1": the machine's own one, with a keystore of its own. Java takes the folder of its library for
# its home, so that this file must be a copy; the rest are links.
set -eu
from=$(dirname "$(dirname "$(readlink -f /usr/bin/keytool)")")
to=$1
mkdir -p "$to/bin" "$to/lib/server" "$to/lib/security"
cp "$from/bin/java" "$from/bin/keytool" "$to/bin"
cp "$from/lib/server/libjvm.so" "$to/lib/server"
for file in "$from"/lib/*; do
    [ -e "$to/lib/${file##*/}" ] || ln -s "$file" "$to/lib/"
done
ln -s "$from/conf" "$to/conf"
for file in "$from"/lib/security/*; do
    [ "${file##*/}" = cacerts ] || ln -s "$file" "$to/lib/security/"
done
install -m 644 /etc/ssl/certs/java/cacerts "$to/lib/security/cacerts"
