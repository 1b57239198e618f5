//! The onboarding page: a static site that shows people how to trust a CA. Each language is one whole HTML file that loads
//! nothing; beside them lie the files that the visitors' systems install.

mod language;
mod parts;
pub(crate) mod printed;
mod program;
mod qr;
mod site;
mod subject;
#[cfg(test)]
mod tests;
mod texts;
mod way;

use labtrust_plan::render::{Order, Rendering, Unrenderable};

pub(crate) use self::{
    program::{Program, is_of_a_release},
    site::{Site, SiteFile},
    subject::Subject,
};

/// The site for `subject`; none if no CA has an endpoint.
pub(crate) fn site(subject: &Subject<'_>) -> Result<Option<Site>, Unrenderable> {
    let Some(web) = subject.web() else { return Ok(None) };
    let order = Order { anchors: subject.anchors, is_removal: false };
    let mut downloads = Vec::new();
    for (id, media_type) in [
        ("mobileconfig", "application/x-apple-aspen-config"),
        ("shell", "text/x-shellscript; charset=utf-8"),
        ("powershell", "text/plain; charset=utf-8"),
    ] {
        let Some(rendering) = Rendering::find(id) else { continue };
        downloads.extend((rendering.render)(&order)?.files.into_iter().map(|file| SiteFile {
            is_program: file.is_program,
            ..SiteFile::of(file.path, media_type, file.contents)
        }));
    }
    for anchor in subject.anchors {
        let certificate = &anchor.certificate;
        downloads.push(SiteFile::of(anchor.file_name(), "application/x-x509-ca-cert", certificate.pem()));
        downloads.push(SiteFile::of(way::der_name(anchor), "application/pkix-cert", certificate.der()));
    }
    downloads.extend(subject.programs.iter().map(Program::file));
    let mut files = language::pages(subject, web, &downloads);
    files.extend(downloads);
    Ok(Some(Site { files, host: web.host.clone() }))
}
