//! QR codes (ISO/IEC 18004) as pictures within a page.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// The width of the empty border that scanners need, in modules.
const BORDER: i32 = 4;

/// The picture of `text`; none if the text is too long. Its colours come from the page's style.
pub(super) fn svg(text: &str) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        for x in (0..size).filter(|x| code.get_module(*x, y)) {
            // Writing into a string cannot fail.
            let _ = write!(path, "M{} {}h1v1h-1z", x + BORDER, y + BORDER);
        }
    }
    let width = size + 2 * BORDER;
    Some(format!(
        "<svg viewBox=\"0 0 {width} {width}\" aria-hidden=\"true\" shape-rendering=\"crispEdges\"><path class=\"light\" \
         d=\"M0 0h{width}v{width}H0z\"/><path class=\"dark\" d=\"{path}\"/></svg>"
    ))
}
