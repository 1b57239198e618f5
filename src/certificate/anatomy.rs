//! Splits a certificate into its fields by the outer structure of its DER, so that a fault in one field, which some
//! clients accept, leaves the other fields readable.

use labtrust_machine::pkcs12::asn1::first;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};
use x509_parser::asn1_rs::{Any, Class, Oid, Tag};

/// The fields of a certificate (RFC 5280 §4.1), each as its bytes.
pub(super) struct Anatomy<'d> {
    /// The signed part, with its header.
    pub signed: &'d [u8],
    /// The version: 1 to 3 in practice.
    pub version: u32,
    /// The serial number's content.
    pub serial: &'d [u8],
    /// The signature's algorithm in the signed part.
    pub inner_algorithm: &'d [u8],
    /// The issuer's name.
    pub issuer: &'d [u8],
    /// The first and the last moment of validity.
    validity: Fields<'d>,
    /// The subject's name.
    pub subject: &'d [u8],
    /// The key.
    pub key: &'d [u8],
    /// The extensions in order, with repetitions.
    pub extensions: Vec<Extension<'d>>,
    /// The signature's algorithm next to the signature.
    pub algorithm: &'d [u8],
    /// The signature: the bit string's content, without its count of unused bits.
    pub signature: &'d [u8],
}

/// One extension.
pub(super) struct Extension<'d> {
    /// Its object identifier as text.
    pub oid: String,
    /// Whether it is marked critical.
    pub critical: bool,
    /// The content of its octet string.
    pub value: &'d [u8],
    /// The whole extension, with its header.
    pub whole: &'d [u8],
}

/// A moment, and whether its encoding follows RFC 5280 §4.1.2.5.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub at: OffsetDateTime,
    pub is_well_written: bool,
}

impl<'d> Anatomy<'d> {
    /// The fields of the certificate `der`; none if it is not a certificate.
    pub(super) fn of(der: &'d [u8]) -> Option<Self> {
        let mut outer = Fields::of_sequence(der)?;
        let signed = outer.next()?.whole;
        let algorithm = outer.next()?.whole;
        let signature = outer.next().filter(|field| field.is(Tag::BitString))?.content.get(1..)?;
        let mut fields = Fields::of_sequence(signed)?;
        let mut field = fields.next()?;
        let mut version = 1;
        if field.is_context(0) {
            version = u32::from(*first(field.content)?.0.data.last()?).saturating_add(1);
            field = fields.next()?;
        }
        let serial = Some(field).filter(|field| field.is(Tag::Integer))?.content;
        let inner_algorithm = fields.next()?.whole;
        let issuer = fields.next()?.whole;
        let validity = Fields::of_sequence(fields.next()?.whole)?;
        let subject = fields.next()?.whole;
        let key = fields.next()?.whole;
        let extensions = match fields.find(|field| field.is_context(3)) {
            None => Vec::new(),
            Some(list) => {
                let mut list = Fields::of_sequence(list.content)?;
                let extensions = list.by_ref().map(extension).collect::<Option<_>>()?;
                list.0.is_empty().then_some(extensions)?
            }
        };
        let is_whole = outer.0.is_empty() && fields.0.is_empty();
        is_whole.then_some(Self {
            signed,
            version,
            serial,
            inner_algorithm,
            issuer,
            validity,
            subject,
            key,
            extensions,
            algorithm,
            signature,
        })
    }

    /// The first and the last moment of validity; none if one of them is not a date.
    pub(super) fn moments(&self) -> Option<(Moment, Moment)> {
        let mut validity = Fields(self.validity.0);
        Some((validity.next()?.moment()?, validity.next()?.moment()?))
    }
}

fn extension(field: Field<'_>) -> Option<Extension<'_>> {
    let mut parts = Fields::of_sequence(field.whole)?;
    let oid = parts.next()?.oid()?;
    let mut value = parts.next()?;
    let mut critical = false;
    if value.is(Tag::Boolean) {
        critical = value.content != [0];
        value = parts.next()?;
    }
    value.is(Tag::OctetString).then_some(Extension {
        oid,
        critical,
        value: value.content,
        whole: field.whole,
    })
}

/// One element of ASN.1.
#[derive(Clone, Copy)]
pub(super) struct Field<'d> {
    pub whole: &'d [u8],
    pub content: &'d [u8],
    pub class: Class,
    pub tag: Tag,
}

impl Field<'_> {
    pub(super) fn is(&self, tag: Tag) -> bool {
        self.class == Class::Universal && self.tag == tag
    }

    pub(super) fn is_context(&self, number: u32) -> bool {
        self.class == Class::ContextSpecific && self.tag == Tag(number)
    }

    /// This object identifier, as text.
    pub(super) fn oid(&self) -> Option<String> {
        self.is(Tag::Oid).then(|| Oid::new(self.content.into()).to_id_string())
    }

    fn moment(&self) -> Option<Moment> {
        let text = std::str::from_utf8(self.content).ok().filter(|text| text.is_ascii())?;
        let (year_digits, is_general) = match self.tag {
            Tag::UtcTime => (2, false),
            Tag::GeneralizedTime => (4, true),
            _ => return None,
        };
        let digits = text.chars().take_while(char::is_ascii_digit).count();
        let (number, rest) = text.split_at(digits);
        let (year, number) = number.split_at_checked(year_digits)?;
        let year: i32 = year.parse().ok()?;
        let year = match (is_general, year) {
            (true, year) => year,
            (false, year @ 50..) => 1900 + year,
            (false, year) => 2000 + year,
        };
        // Month, day, hour, minute, and seconds, which may be missing.
        let part = |index: usize| number.get(index * 2..index * 2 + 2).map(str::parse::<u8>);
        let [month, day, hour, minute] = [0, 1, 2, 3].map(|index| part(index)?.ok());
        let second = part(4).map_or(Ok(0), |second| second).ok()?;
        let date = Date::from_calendar_date(year, Month::try_from(month?).ok()?, day?).ok()?;
        // Some writers use 24:00:00 or a leap second: these count as the last second before.
        let time = Time::from_hms(hour?.min(23), minute?.min(59), second.min(59)).ok()?;
        let rest = rest
            .strip_prefix(['.', ','])
            .map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        let at = PrimitiveDateTime::new(date, time).assume_offset(offset(rest)?);
        // An offset can move it out of the years 0 to 9999.
        let at = at.checked_to_offset(UtcOffset::UTC).filter(|at| at.year() >= 0)?;
        let is_well_written = number.len() == 10 && text.ends_with('Z') && text.len() == digits + 1;
        Some(Moment { at, is_well_written })
    }
}

/// The offset after the digits of a moment: `Z`, `+0100`, or nothing.
fn offset(text: &str) -> Option<UtcOffset> {
    let sign = match text.bytes().next() {
        None | Some(b'Z') => return Some(UtcOffset::UTC),
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(_) => return None,
    };
    let number = |range| text.get(range).and_then(|two: &str| two.parse::<i8>().ok());
    UtcOffset::from_hms(sign * number(1..3)?, sign * number(3..5)?, 0).ok()
}

/// A sequence of elements.
pub(super) struct Fields<'d>(pub &'d [u8]);

impl<'d> Fields<'d> {
    /// The elements of the sequence at the start of `bytes`.
    pub(super) fn of_sequence(bytes: &'d [u8]) -> Option<Self> {
        let field = Self(bytes).next()?;
        field.is(Tag::Sequence).then_some(Self(field.content))
    }
}

/// Ends before the first bytes that are not an element; the tuple then holds the rest.
impl<'d> Iterator for Fields<'d> {
    type Item = Field<'d>;

    fn next(&mut self) -> Option<Field<'d>> {
        let (any, rest): (Any<'d>, _) = first(self.0)?;
        let whole = &self.0[..self.0.len() - rest.len()];
        self.0 = rest;
        Some(Field { whole, content: any.data, class: any.class(), tag: any.tag() })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const UTC: u8 = 0x17;
    const GENERAL: u8 = 0x18;

    #[test]
    fn moments_are_read_and_none_panics() {
        for (tag, text, expected) in [
            (UTC, "260301120000Z", Some(datetime!(2026-03-01 12:00 UTC))),
            (UTC, "260301120000+0100", Some(datetime!(2026-03-01 11:00 UTC))),
            (UTC, "491231235959-0100", Some(datetime!(2050-01-01 00:59:59 UTC))),
            (GENERAL, "20260301120000-0130", Some(datetime!(2026-03-01 13:30 UTC))),
            (GENERAL, "99991231235959Z", Some(datetime!(9999-12-31 23:59:59 UTC))),
            (GENERAL, "99991231235959+0100", Some(datetime!(9999-12-31 22:59:59 UTC))),
            (GENERAL, "00000101000000Z", Some(datetime!(0000-01-01 00:00 UTC))),
            // An offset moves these out of the years 0 to 9999.
            (GENERAL, "99991231235959-0100", None),
            (GENERAL, "00000101000000+0100", None),
            (GENERAL, "20260301120000+2600", None),
            (GENERAL, "20260230120000Z", None),
            (GENERAL, "Z", None),
        ] {
            let length = u8::try_from(text.len()).expect("a short one");
            let der = [&[tag, length], text.as_bytes()].concat();
            let moment = Fields(&der).next().expect("an element").moment();
            assert_eq!(moment.map(|moment| moment.at), expected, "{text}");
        }
    }
}
