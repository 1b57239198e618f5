# Waits until the certificate on standard input is what the host serves on both of its ports.
host=$1
wanted=$(openssl x509 -noout -fingerprint -sha256) || exit
served() {
    openssl s_client -connect "$host:$1" -servername "$host" </dev/null 2>/dev/null |
        openssl x509 -noout -fingerprint -sha256 2>/dev/null
}
for i in $(seq 400); do
    if [ "$(served 443)" = "$wanted" ] && [ "$(served 4567)" = "$wanted" ]; then exit; fi
    sleep 0.05
done
echo "not served: $(cat /var/log/gitlab/nginx/error.log)" >&2
exit 1
