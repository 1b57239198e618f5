# labtrust_try TOOL FOLDER ENDING BUNDLE UPDATE: trusts the CAs where the updater TOOL and its folder are.
labtrust_try() {
  if [ -n "$labtrust_bundle" ] || ! command -v "$1" >/dev/null || [ ! -d "$2" ]; then return 0; fi
  @FILES@
  # shellcheck disable=SC2086
  $5 >/dev/null || return 0
  # The bundle must contain each line of each certificate.
  if ! grep -vxFf "$4" @NAMES@; then labtrust_bundle=$4; fi
}
labtrust_bundle=
@ROWS@
if [ -z "$labtrust_bundle" ]; then
  echo "labtrust: the CA is not in this image's system store: run the job as root, and install the package ca-certificates first" >&2
  exit 1
fi
export NODE_EXTRA_CA_CERTS="$labtrust_bundle" REQUESTS_CA_BUNDLE="$labtrust_bundle"
