//! The root's key of a sealed CA, which nobody knows: every run of bytes in memory and on the disk that could be it is
//! compared with the root's public key.

use std::collections::BTreeSet;

use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
};

use crate::lab::{
    HOST, Machine,
    stopped::{END, stopped_at},
};

/// Writes the memory of a run that is stopped into a file.
const DUMP: &str = r#"
    python3 - $process <<'PYTHON'
import re, sys
maps = open(f"/proc/{sys.argv[1]}/maps").read()
memory = open(f"/proc/{sys.argv[1]}/mem", "rb")
with open("/tmp/dump", "wb") as dump:
    for start, end in re.findall(r"^(\w+)-(\w+) rw", maps, re.M):
        memory.seek(int(start, 16))
        try:
            dump.write(memory.read(int(end, 16) - int(start, 16)))
        except OSError:
            pass
PYTHON
"#;

/// The order of P-256 (SEC 2), its lowest limb first.
const ORDER: [u64; 4] =
    [0xf3b9_cac2_fc63_2551, 0xbce6_faad_a717_9e84, 0xffff_ffff_ffff_ffff, 0xffff_ffff_0000_0000];

/// Divides by 2 to the 256th, modulo the order: a number that is held in Montgomery's form becomes itself.
fn out_of_montgomery(mut limbs: [u64; 4]) -> [u64; 4] {
    for _ in 0..256 {
        let mut carry = false;
        if limbs[0] & 1 == 1 {
            for (limb, order) in limbs.iter_mut().zip(ORDER) {
                let (sum, first) = limb.overflowing_add(order);
                let (sum, second) = sum.overflowing_add(u64::from(carry));
                (*limb, carry) = (sum, first || second);
            }
        }
        for index in 0..4 {
            let above = if index == 3 { u64::from(carry) } else { limbs[index + 1] };
            limbs[index] = limbs[index] >> 1 | above << 63;
        }
    }
    limbs
}

fn big_endian(limbs: [u64; 4]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (part, limb) in bytes.chunks_exact_mut(8).zip(limbs.iter().rev()) {
        part.copy_from_slice(&limb.to_be_bytes());
    }
    bytes
}

/// Where in `memory` the private half of the public key `point` is, and in which form.
fn found(memory: &[u8], point: &[u8]) -> BTreeSet<(usize, &'static str)> {
    let random = SystemRandom::new();
    let is_it = |half: &[u8]| {
        let key = EcdsaKeyPair::from_private_key_and_public_key;
        key(&ECDSA_P256_SHA256_ASN1_SIGNING, half, point, &random).is_ok()
    };
    let mut all = BTreeSet::new();
    for (at, window) in memory.windows(32).enumerate() {
        // Random bytes have many values; text, code and tables of zeros have few, or are plain letters.
        let values: BTreeSet<u8> = window.iter().copied().collect();
        if values.len() < 20 || window.is_ascii() {
            continue;
        }
        if is_it(window) {
            all.insert((at, "as it is written"));
        }
        if at % 8 == 0 {
            let mut limbs = [0; 4];
            for (limb, part) in limbs.iter_mut().zip(window.chunks_exact(8)) {
                *limb = u64::from_le_bytes(part.try_into().unwrap());
            }
            for (limbs, form) in [(limbs, "in limbs"), (out_of_montgomery(limbs), "as it signs")] {
                if is_it(&big_endian(limbs)) {
                    all.insert((at, form));
                }
            }
        }
    }
    all
}

/// The memory of `line` at its end.
fn dump(machine: &Machine, line: &str) -> Vec<u8> {
    stopped_at(machine, END, line, DUMP);
    let memory = machine.read_bytes("/tmp/dump");
    assert!(memory.len() > 100_000, "{}", machine.read("/tmp/said"));
    memory
}

/// The public key of the first certificate in the file at `path`, as a point.
fn point(machine: &Machine, path: &str) -> Vec<u8> {
    let script =
        format!("openssl x509 -noout -pubkey -in {path} | openssl pkey -pubin -outform DER | tail -c 65");
    machine.run(["sh", "-c", &script]).succeeded().bytes()
}

#[test]
fn the_key_of_a_sealed_ca_is_nowhere() {
    let machine = machine!("server");
    let line = |name: &str| {
        format!("labtrust setup {HOST} --no-trust --sealed --out /srv/{name} --state /srv/{name}-state")
    };
    let memory = dump(&machine, &line("end"));
    let root = point(&machine, "/srv/end-state/authority/root.crt");
    assert_eq!(found(&memory, &root), BTreeSet::new());
    let disk =
        machine.sh("find /srv /tmp /root /run /var -xdev -type f -newer /srv ! -name dump | xargs cat");
    assert_eq!(found(&disk.bytes(), &root), BTreeSet::new());
    println!("{} bytes of memory and the disk looked through: no key of the root", memory.len());
}

#[test]
fn a_key_that_is_there_is_found_in_each_form() {
    let key = rcgen::KeyPair::generate().unwrap();
    let der = key.serialize_der();
    // RFC 5915: version 1, then the private key.
    let start = der.windows(5).position(|bytes| bytes == [2, 1, 1, 4, 0x20]).unwrap() + 5;
    let half: [u8; 32] = der[start..start + 32].try_into().unwrap();
    let mut limbs = [0; 4];
    for (limb, part) in limbs.iter_mut().zip(half.rchunks_exact(8)) {
        *limb = u64::from_be_bytes(part.try_into().unwrap());
    }
    // In Montgomery's form it is 2 to the 256th times as great: doubled so often, modulo the order.
    let signs = (0..256).fold(limbs, |limbs, _| doubled(limbs));
    assert_eq!(out_of_montgomery(signs), limbs);
    let little = |limbs: [u64; 4]| limbs.iter().flat_map(|limb| limb.to_le_bytes()).collect::<Vec<u8>>();
    let zeros = vec![0; 64];
    let memory = [&zeros[..], &little(limbs), &zeros, &little(signs), &zeros[..61], &half, &zeros].concat();
    let forms: BTreeSet<_> = found(&memory, key.public_key_raw()).into_iter().map(|(_, form)| form).collect();
    assert_eq!(forms, BTreeSet::from(["as it is written", "as it signs", "in limbs"]));
}

/// Twice `limbs`, modulo the order.
fn doubled(limbs: [u64; 4]) -> [u64; 4] {
    let mut twice = [0; 4];
    let mut carry = 0;
    for (index, limb) in limbs.iter().enumerate() {
        twice[index] = limb << 1 | carry;
        carry = limb >> 63;
    }
    let mut less = [0; 4];
    let mut borrow = false;
    for (index, limb) in twice.iter().enumerate() {
        let (rest, first) = limb.overflowing_sub(ORDER[index]);
        let (rest, second) = rest.overflowing_sub(u64::from(borrow));
        (less[index], borrow) = (rest, first || second);
    }
    if carry == 1 || !borrow { less } else { twice }
}
