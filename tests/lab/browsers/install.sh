# Lays one browser, $1, into this machine: its own folder by a mount, for it is large, and its libraries as links.
cd /var/cache/labtrust-browsers || { echo "run scripts/install-browsers" >&2; exit 1; }
set -e
libraries=$(echo usr/lib/*-linux-gnu)
for library in "$libraries"/*; do
    [ -e "/usr/lib/${library#usr/lib/}" ] || [ -L "/usr/lib/${library#usr/lib/}" ] || ln -s "$PWD/$library" "/usr/lib/${library#usr/lib/}"
done
mkdir -p "/usr/lib/$1" "/run/browsers/$1/upper" "/run/browsers/$1/work"
mount -t overlay -o "lowerdir=$PWD/usr/lib/$1,upperdir=/run/browsers/$1/upper,workdir=/run/browsers/$1/work" browser "/usr/lib/$1"
cp -a etc/. /etc/
cp -a "usr/bin/$1" /usr/bin/
