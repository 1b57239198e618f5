# What the rows of failures.rs lay faults with. The run then has /tmp/path as its PATH.
set -eu
DIST=/srv/dist

# What the row before laid is gone.
[ -d /root/dist ] || cp -a $DIST /root/dist
umount /srv/t 2>/dev/null || :
rm -rf $DIST /srv/t /srv/file /tmp/path /usr/local/bin/labtrust /usr/local/bin/.labtrust-install /usr/local/share/man/man1
cp -a /root/dist $DIST

ARCHIVE=$(cd $DIST && echo labtrust-*.tar.gz)
TOP=${ARCHIVE%.tar.gz}
mkdir /tmp/path
ln -s /usr/bin/* /tmp/path

hide() {
    for program; do rm -f "/tmp/path/$program"; done
}

# Puts a shell script in the place of a program.
fake() {
    rm -f "/tmp/path/$1"
    printf '#!/bin/sh\n%s\n' "$2" >"/tmp/path/$1"
    chmod 755 "/tmp/path/$1"
}

# Makes the archive again after a change of its files, of the members that are named, and with the right sum.
repack() {
    rm -rf /tmp/release
    mkdir -p /tmp/release/in
    cd /tmp/release/in
    tar -xzf "$DIST/$ARCHIVE"
    eval "$1"
    shift
    tar -P -czf "$DIST/$ARCHIVE" "$@" 2>/dev/null
    cd /
    rm -rf /tmp/release
    sed -i "s/^[0-9a-f]*  $ARCHIVE\$/$(sha256sum <"$DIST/$ARCHIVE" | cut -d' ' -f1)  $ARCHIVE/" $DIST/install.sh
}

# Mounts a file system with these options at /srv/t.
mounted() {
    mkdir /srv/t
    mount -t tmpfs -o "$1" none /srv/t
}
