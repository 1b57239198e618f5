//! Writes DER (X.690). The table decides the content, also where it is wrong.

/// An element: a tag and its content.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut der = vec![tag];
    if let Ok(short @ 0..0x80) = u8::try_from(length) {
        der.push(short);
    } else {
        let bytes: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
        der.push(0x80 | u8::try_from(bytes.len()).expect("a length"));
        der.extend(bytes);
    }
    der.extend_from_slice(content);
    der
}

/// A SEQUENCE.
pub(super) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

/// A SET.
pub(super) fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    element(0x31, &parts.concat())
}

/// `[number]` around other elements.
pub(super) fn tagged(number: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(0xa0 | number, &parts.concat())
}

/// `[number]` in place of a string's or a number's own tag.
pub(super) fn implicit(number: u8, content: &[u8]) -> Vec<u8> {
    element(0x80 | number, content)
}

/// An INTEGER, with its bytes as they are.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    element(2, bytes)
}

/// A BOOLEAN.
pub(super) fn boolean(value: bool) -> Vec<u8> {
    element(1, &[if value { 0xff } else { 0 }])
}

/// An OCTET STRING.
pub(super) fn octets(content: &[u8]) -> Vec<u8> {
    element(4, content)
}

/// A BIT STRING of whole bytes.
pub(super) fn bytes(content: &[u8]) -> Vec<u8> {
    element(3, &[&[0], content].concat())
}

/// A BIT STRING with these of its bits set, in its shortest form.
pub(super) fn bits(set: &[u8]) -> Vec<u8> {
    let Some(last) = set.iter().max() else { return element(3, &[0]) };
    let mut content = vec![0; usize::from(last / 8) + 2];
    content[0] = 7 - last % 8;
    for bit in set {
        content[usize::from(bit / 8) + 1] |= 0x80 >> (bit % 8);
    }
    element(3, &content)
}

/// A NULL.
pub(super) fn null() -> Vec<u8> {
    element(5, &[])
}

/// An OBJECT IDENTIFIER in dotted form.
pub(super) fn oid(dotted: &str) -> Vec<u8> {
    element(6, &oid_content(dotted))
}

/// The content of one.
pub(super) fn oid_content(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u32> = dotted.split('.').map(|arc| arc.parse().expect("a number")).collect();
    let mut content = Vec::new();
    for arc in std::iter::once(arcs[0] * 40 + arcs[1]).chain(arcs[2..].iter().copied()) {
        let groups: Vec<u8> = (0..5).rev().map(|group| (arc >> (7 * group) & 0x7f) as u8).collect();
        let start = groups.iter().position(|group| *group != 0).unwrap_or(4);
        let (last, before) = groups[start..].split_last().expect("a group");
        content.extend(before.iter().map(|group| group | 0x80));
        content.push(*last);
    }
    content
}
