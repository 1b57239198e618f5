//! The Dockerfile for Debian, built by a real engine from an image of this machine's own programs, and the feature of a
//! development container in such an image.

use super::*;
use crate::{lab::Engine, trust::containers::IMAGE};

/// Verifies the leaf in /root/leaf.crt by the bundle of an image.
const VERIFY: &str = "docker run --rm -i --network none IMAGE openssl verify -CAfile /etc/ssl/certs/ca-certificates.crt \
                      </root/leaf.crt";

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
        machine.sh(&VERIFY.replace("IMAGE", "trusted")).succeeded();
        machine.sh(&VERIFY.replace("IMAGE", "debian:12")).exited(2);
    }
    // The feature of a development container, run as its reader runs it: as root, while the image is made.
    machine.sh("rm -rf /root/rendered").succeeded();
    render(&machine, "devcontainer", "").succeeded();
    let run = |name: &str, before: &str| {
        machine.sh(&format!(
            "docker run --name {name} --network none --volume /root/rendered/.devcontainer/labtrust:/feature:ro debian:12 \
             sh -c '{before} sh /feature/install.sh'"
        ))
    };
    // Small images have no awk. The script names the missing program instead of answering wrongly.
    run("without", "").exited(3).says("awk is missing");
    run("feature", "ln -s mawk /usr/bin/awk;").succeeded().says("\"state\":\"trusted\"");
    machine.sh("docker commit feature feature").succeeded();
    machine.write("/root/leaf.crt", &old.leaf);
    machine.sh(&VERIFY.replace("IMAGE", "feature")).succeeded();
    // The updater succeeds, and the bundle is without the CA: the build fails.
    machine.sh("rm -rf /root/rendered").succeeded();
    render(&machine, "dockerfile", "--also /root/new.crt").succeeded();
    machine
        .sh("cd /root/rendered && sed -i 's/^RUN update-ca-certificates &&/RUN/' Dockerfile.debian")
        .succeeded();
    machine.sh(build).exited(1);
}
