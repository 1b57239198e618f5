# Makes an image that looks like GitLab's from the outside, of this machine's own nginx, and gives it to the engine
# whose client is $1: nothing is pulled.
set -eu
root=$(mktemp -d)
mkdir -p "$root/etc" "$root/opt/gitlab/bin" "$root/assets" "$root/tmp" "$root/var/lib/nginx"
cp /etc/passwd /etc/group "$root/etc/"
cp /tmp/image/gitlab-ctl "$root/opt/gitlab/bin/gitlab-ctl"
cp /tmp/image/init "$root/assets/init-container"
mkdir -p "$root/opt/gitlab/embedded/bin" "$root/usr/lib"
ln -s /usr/bin/ruby "$root/opt/gitlab/embedded/bin/ruby"
cp /tmp/image/omnibus.rb /tmp/image/reconfigure.rb "$root/opt/gitlab/embedded/"
for folder in $(ruby -e 'puts RbConfig::CONFIG.values_at("rubylibdir", "rubyarchdir", "vendordir")'); do
    mkdir -p "$root${folder%/*}"
    cp -R "$folder" "$root${folder%/*}/"
done
chmod 755 "$root/opt/gitlab/bin/gitlab-ctl" "$root/assets/init-container"
for program in /bin/sh /bin/cat /bin/sleep /bin/mkdir /usr/sbin/nginx /usr/bin/ruby \
    $(ruby -e 'puts Dir.glob(RbConfig::CONFIG["rubyarchdir"] + "/json/**/*.so")'); do
    for file in $program $(ldd "$program" | grep -o '/[^ ]*'); do
        mkdir -p "$root${file%/*}"
        cp -L "$file" "$root$file"
    done
done
tar -cf- -C "$root" . | "$1" import \
    --change 'CMD ["/assets/init-container"]' \
    --change 'ENV PATH=/opt/gitlab/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    --change 'EXPOSE 22' --change 'EXPOSE 80' --change 'EXPOSE 443' \
    --change 'VOLUME /var/log/gitlab' \
    - gitlab/gitlab-ce:lab
rm -rf "$root"
