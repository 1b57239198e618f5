//! The Dockerfile for Debian, built by a real engine from an image of this machine's own programs.

use super::*;
use crate::{lab::Engine, trust::containers::IMAGE};

#[test]
fn docker_builds_images_that_trust_both_authorities() {
    let machine = machine!("builder");
    machine.without_hooks();
    let _engine = Engine::start(&machine);
    machine.sh(IMAGE).succeeded();
    let old = client(&machine);
    let new = Pair::constrained(&machine, &[HOST]);
    machine.write("/root/new.crt", &new.root);
    render(&machine, "dockerfile", "--also /root/new.crt").succeeded();
    // The image has no package manager: the updater is there, and nothing is installed.
    let build = "cd /root/rendered && DOCKER_BUILDKIT=0 docker build -f Dockerfile.debian --build-arg BASE=debian:12 \
                 --build-arg RUNTIME=debian:12 --network none -t trusted .";
    machine.sh(build).succeeded();
    for pair in [&old, &new] {
        machine.write("/root/leaf.crt", &pair.leaf);
        let verify = "docker run --rm -i --network none trusted openssl verify -CAfile /etc/ssl/certs/ca-certificates.crt \
                      </root/leaf.crt";
        machine.sh(verify).succeeded();
        machine.sh(&verify.replace("trusted", "debian:12")).exited(2);
    }
    // The updater succeeds, and the bundle is without the CA: the build fails.
    machine
        .sh("cd /root/rendered && sed -i 's/^RUN update-ca-certificates &&/RUN/' Dockerfile.debian")
        .succeeded();
    machine.sh(build).exited(1);
}
