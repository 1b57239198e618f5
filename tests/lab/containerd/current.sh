# Lays the current containerd over the installed one, in this machine's mounts only: its tree is as it was.
cd /var/cache/labtrust-engine/usr/bin || { echo "run scripts/install-engine" >&2; exit 1; }
for program in containerd*; do
    [ -e "/usr/bin/$program" ] || install -m 755 /dev/null "/usr/bin/$program"
    mount --bind "$program" "/usr/bin/$program" || exit
done
