# The first process of a disposable machine: lays a copy-on-write copy of this machine, moves into
# it, says its process number, and keeps it alive until whoever started it closes its input.
# Arguments: the machine's name, the program to place there as /usr/local/bin/labtrust, the anchors of its
# system store (`few`, which scripts/install-anchors has prepared, or `all` that this machine has), and the
# marker by which each command knows that it runs in this machine.
set -eu
name=$1 program=$2 anchors=$3 marker=$4
read -r pid _ </proc/self/stat # as the world outside counts

mount --make-rprivate /
cd /run
mount -t tmpfs -o mode=755 layers /run
cd /run
mkdir upper work root
root=/run/root

# The tree of a machine with few anchors differs from this machine's from the start.
prepared=/var/cache/labtrust-anchors/layer.tar
if [ "$anchors" = few ]; then
    [ -e $prepared ] || { echo "$prepared is missing" >&2; exit 1; }
    tar -C upper --xattrs --xattrs-include=trusted.overlay.opaque -xf $prepared
fi

# A whiteout hides what people who use this machine keep in their own folders, put in PATH, or set for the
# programs that the tests drive; and programs that labtrust would find here and not on another machine.
hidden="root home srv usr/local/bin usr/local/sbin .dockerenv etc/environment
    var/lib/labtrust etc/docker etc/containers etc/systemd/system/docker.service.d var/lib/docker var/lib/containerd var/lib/containers
    var/snap/docker opt/docker-desktop etc/gitlab opt/gitlab var/opt/gitlab usr/sbin/cron usr/sbin/crond usr/bin/podman
    etc/npmrc usr/etc/npmrc usr/local/etc/npmrc etc/pip.conf etc/gitconfig"
for path in $hidden; do
    [ -e "/$path" ] || [ -L "/$path" ] || continue
    folder=upper/${path%/*}
    [ "$folder" != "upper/$path" ] || folder=upper
    mkdir -p "$folder"
    mknod "upper/$path" c 0 0
done
mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work,redirect_dir=off,metacopy=off,index=off machine $root
mkdir -p $root/home $root/srv $root/usr/local/bin $root/usr/local/sbin
mkdir -m 700 $root/root
: >$root/usr/local/bin/labtrust
mount --bind "$program" $root/usr/local/bin/labtrust

mount -t tmpfs -o mode=755 run $root/run
mkdir -m 1777 $root/run/lock
echo "$marker" >$root/run/lab-machine
mount -t tmpfs -o mode=1777 tmp $root/tmp
mount -t proc proc $root/proc
mount -t sysfs -o ro sysfs $root/sys
mount --rbind /sys/fs/cgroup $root/sys/fs/cgroup
mount -t tmpfs -o mode=755 dev $root/dev
mkdir $root/dev/pts
mkdir -m 1777 $root/dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts $root/dev/pts
for device in null zero full random urandom tty; do
    : >$root/dev/$device
    mount --bind /dev/$device $root/dev/$device
done
for link in ptmx:pts/ptmx fd:/proc/self/fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do
    ln -s "${link#*:}" "$root/dev/${link%%:*}"
done

# An address that is not loopback, because Docker checks no certificate there.
hostname "$name"
echo "$name" >$root/etc/hostname
ip link set lo up
ip address add 192.0.2.10/32 dev lo
cat >$root/etc/hosts <<HOSTS
127.0.0.1 localhost
127.0.1.1 $name
192.0.2.10 mygitlab.example.com
HOSTS

# Nothing of this machine stays in reach, but the layers through this process's working folder. In a chroot, "/" is not
# the root of the mount namespace, and whoever enters the namespace, as an engine does for its containers, would land
# outside: entering it once more makes that root this process's own, and so the one that is left.
mkdir $root/run/outside
exec nsenter --mount=/proc/self/ns/mnt --wd=/run -- /bin/sh -euc '
    mount --make-rprivate /
    pivot_root root root/run/outside
    umount -l /run/outside
    rmdir /run/outside
    echo "$1"
    cat >/dev/null
' sh "$pid"
