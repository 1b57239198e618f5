# Lays a release of the program $1, version $2, into the folder $3: install.sh, from the template in standard input, and
# the archive of this machine with what scripts/release puts there.
set -eu
program=$1 version=$2 dist=$3
target=$(uname -m)-unknown-linux-musl
top=labtrust-$version-$target
folder=$(mktemp -d)
mkdir -p "$dist" "$folder/$top/man" "$folder/$top/completions"
cp "$program" "$folder/$top/labtrust"
chmod 755 "$folder/$top/labtrust"
for page in '' setup trust; do
    echo "page $page of $version" >"$folder/$top/man/labtrust${page:+-}$page.1"
done
for name in labtrust.bash _labtrust labtrust.fish; do echo "$name of $version" >"$folder/$top/completions/$name"; done
echo read >"$folder/$top/README.md"
tar -C "$folder" -cf - "$top" | gzip -1 >"$dist/$top.tar.gz"
rm -rf "$folder"
# For the other platforms there is a sum, and no archive.
{
    (cd "$dist" && sha256sum "$top.tar.gz")
    for other in aarch64-unknown-linux-musl x86_64-apple-darwin aarch64-apple-darwin; do
        echo "0000000000000000000000000000000000000000000000000000000000000000  labtrust-$version-$other.tar.gz"
    done
} >"$dist/sums"
sed -e "s|@VERSION@|$version|" -e "s|@SOURCE@|${SOURCE-}|" -e "/^@SUMS@\$/{
r $dist/sums
d
}" >"$dist/install.sh"
rm "$dist/sums"
