//! The encoding that a document says it is in: `<meta charset>` (WHATWG HTML, section 13.2.3.2, "prescan a byte stream to
//! determine its encoding") and the XML declaration (XML 1.0, section 4.3.3). Only the first 1,024 bytes are looked at.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

use super::known;

/// The part of a document that may say its encoding.
const HEAD: usize = 1024;

fn head(body: &[u8]) -> &[u8] {
    body.get(..HEAD).unwrap_or(body)
}

/// The encoding that an XML declaration at the very start names, or shows by its own bytes.
pub fn xml_declaration(body: &[u8]) -> Option<&'static Encoding> {
    if body.starts_with(b"<\0?\0x\0") {
        return Some(UTF_16LE);
    }
    if body.starts_with(b"\0<\0?\0x") {
        return Some(UTF_16BE);
    }
    let declaration = head(body).strip_prefix(b"<?xml")?;
    let end = declaration.iter().position(|byte| *byte == b'>')?;
    let name = b"encoding";
    let at = declaration.get(..end)?.windows(name.len()).position(|window| window == name)?;
    let value = declaration.get(at + name.len()..end)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = value.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    readable(value.split(|byte| byte == quote).next()?)
}

/// The encoding that a `<meta>` element names.
pub fn meta(body: &[u8]) -> Option<&'static Encoding> {
    let mut scan = Scan(head(body));
    while !scan.0.is_empty() {
        if scan.comment() {
            continue;
        }
        if scan.meta_tag() {
            if let Some(encoding) = meta_attributes(&mut scan) {
                return Some(encoding);
            }
        } else if scan.tag() {
            scan.until(|byte| byte.is_ascii_whitespace() || byte == b'>');
            while scan.attribute().is_some() {}
        } else if scan.skip(b"<!") || scan.skip(b"</") || scan.skip(b"<?") {
            scan.until(|byte| byte == b'>');
        } else {
            scan.next();
            scan.until(|byte| byte == b'<');
        }
    }
    None
}

fn meta_attributes(scan: &mut Scan<'_>) -> Option<&'static Encoding> {
    let (mut charset, mut content, mut is_content_type) = (None, None, false);
    let mut seen = [false; 3];
    while let Some((name, value)) = scan.attribute() {
        let names = ["charset", "content", "http-equiv"];
        let Some((which, seen)) = names.iter().zip(&mut seen).find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()))
        else {
            continue;
        };
        // Only the first of a name counts.
        match *which {
            _ if std::mem::replace(seen, true) => {}
            "charset" => charset = Some(readable(value)),
            "content" => content = in_content(value).map(readable),
            _ => is_content_type = value.eq_ignore_ascii_case(b"content-type"),
        }
    }
    charset.or(content.filter(|_| is_content_type)).flatten()
}

/// The label after `charset=` in the `content` of a `<meta http-equiv>`.
fn in_content(value: &[u8]) -> Option<&[u8]> {
    let name = b"charset";
    let mut rest = value;
    loop {
        let at = rest.windows(name.len()).position(|window| window.eq_ignore_ascii_case(name))?;
        rest = rest.get(at + name.len()..)?;
        if let Some(label) = rest.trim_ascii_start().strip_prefix(b"=") {
            let label = label.trim_ascii_start();
            return match label.split_first()? {
                (quote @ (b'"' | b'\''), quoted) => {
                    quoted.iter().position(|byte| byte == quote).and_then(|end| quoted.get(..end))
                }
                _ => label.split(|byte| byte.is_ascii_whitespace() || *byte == b';').next(),
            };
        }
    }
}

/// The encoding of a label that could be read as ASCII, and so cannot be UTF-16.
fn readable(label: &[u8]) -> Option<&'static Encoding> {
    known(label).map(|encoding| match encoding {
        _ if encoding == UTF_16LE || encoding == UTF_16BE => UTF_8,
        _ if encoding == X_USER_DEFINED => WINDOWS_1252,
        _ => encoding,
    })
}

/// What is left to look at.
struct Scan<'b>(&'b [u8]);

impl<'b> Scan<'b> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn skip(&mut self, start: &[u8]) -> bool {
        self.0.strip_prefix(start).map(|rest| self.0 = rest).is_some()
    }

    /// Takes bytes up to the first that fits.
    fn until(&mut self, fits: impl Fn(u8) -> bool) -> &'b [u8] {
        let end = self.0.iter().position(|byte| fits(*byte)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at_checked(end).unwrap_or_default();
        self.0 = rest;
        taken
    }

    /// Moves past a comment. Its end may share the dashes of its start: `<!-->` is a whole one.
    fn comment(&mut self) -> bool {
        let Some(text) = self.0.strip_prefix(b"<!").filter(|text| text.starts_with(b"--")) else { return false };
        let end = text.windows(3).position(|window| window == b"-->");
        self.0 = end.and_then(|end| text.get(end + 3..)).unwrap_or_default();
        true
    }

    fn meta_tag(&mut self) -> bool {
        let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'/';
        let is_meta =
            self.0.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"<meta")) && self.0.get(5).is_some_and(ends);
        if is_meta {
            self.0 = self.0.get(5..).unwrap_or_default();
        }
        is_meta
    }

    /// Whether a start or end tag begins here; moves to its name.
    fn tag(&mut self) -> bool {
        let name = self.0.strip_prefix(b"</").or_else(|| self.0.strip_prefix(b"<"));
        let name = name.filter(|name| name.first().is_some_and(u8::is_ascii_alphabetic));
        name.map(|name| self.0 = name).is_some()
    }

    /// The next attribute of a tag; `None` at its end, and where the document is cut before the attribute's end.
    fn attribute(&mut self) -> Option<(&'b [u8], &'b [u8])> {
        self.until(|byte| !byte.is_ascii_whitespace() && byte != b'/');
        if matches!(self.0.first(), None | Some(b'>')) {
            return None;
        }
        // A name may begin with an equals sign.
        let whole = self.0;
        self.next();
        self.until(|byte| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'/' | b'>'));
        let name = whole.get(..whole.len() - self.0.len())?;
        self.0 = self.0.trim_ascii_start();
        if !self.skip(b"=") {
            return Some((name, b""));
        }
        self.0 = self.0.trim_ascii_start();
        let value = match *self.0.first()? {
            quote @ (b'"' | b'\'') => {
                self.next();
                let value = self.until(|byte| byte == quote);
                self.next()?;
                value
            }
            _ => self.until(|byte| byte.is_ascii_whitespace() || byte == b'>'),
        };
        self.0.first()?;
        Some((name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(html: &str) -> Option<&'static str> {
        meta(html.as_bytes()).map(Encoding::name)
    }

    #[test]
    fn meta_elements_are_found() {
        for html in [
            "<meta charset=koi8-r>",
            "<!doctype html><html><head><META Charset = 'KOI8-R' />",
            "<meta name=x content=y><meta/charset=\"koi8-r\">",
            "<meta http-equiv='Content-Type' content='text/html; charset=koi8-r'>",
            "<meta content=\"text/html;charset = 'koi8-r'\" http-equiv=content-type>",
            "<meta content='charset; charset=koi8-r;' http-equiv=content-type>",
            "<!-- <meta charset=utf-8> --><meta charset=koi8-r>",
            "<!--><meta charset=koi8-r>-->",
            "<p title='<meta charset=utf-8>'><meta charset=koi8-r>",
            "</p a=\"<meta charset=utf-8>\"><?x <meta charset=y?><meta charset=koi8-r>",
            "<meta charset=koi8-r charset=utf-8>",
            "<meta charset=nonsense><meta charset=koi8-r>",
            "a < b <1 <meta charset=koi8-r>",
        ] {
            assert_eq!(name(html), Some("KOI8-R"), "{html}");
        }
    }

    #[test]
    fn what_is_no_declaration_is_none() {
        for html in [
            "",
            "<meta charset=koi8-r",
            "<meta charset='koi8-r>",
            "<metacharset=koi8-r>",
            "<meta content='text/html; charset=koi8-r'>",
            "<meta http-equiv=refresh content='charset=koi8-r'>",
            "<!-- <meta charset=koi8-r>",
            "<meta http-equiv=content-type content='charset=\"koi8-r'>",
        ] {
            assert_eq!(name(html), None, "{html}");
        }
        assert_eq!(name(&format!("{:1024}<meta charset=koi8-r>", "")), None);
        assert_eq!(name("<meta charset=utf-16>"), Some("UTF-8"));
        assert_eq!(name("<meta charset=x-user-defined>"), Some("windows-1252"));
    }

    #[test]
    fn xml_declarations_are_found() {
        let xml = |declaration: &str| xml_declaration(declaration.as_bytes()).map(Encoding::name);
        assert_eq!(xml("<?xml version=\"1.0\" encoding=\"koi8-r\"?>"), Some("KOI8-R"));
        assert_eq!(xml("<?xml encoding = 'UTF-16' ?>"), Some("UTF-8"));
        for declaration in [
            "<?xml version='1.0'?>",
            "<?xml encoding='koi8-r'",
            "<?xml encoding=koi8-r?>",
            " <?xml encoding='koi8-r'?>",
            "<?xml encoding",
        ] {
            assert_eq!(xml(declaration), None, "{declaration}");
        }
        assert_eq!(xml("<\0?\0x\0m\0l\0"), Some("UTF-16LE"));
        assert_eq!(xml("\0<\0?\0x\0m\0l"), Some("UTF-16BE"));
    }

    proptest! {
        #[test]
        fn no_markup_is_too_strange(html in "(<|</|<!--|-->|<meta|charset|content|=|'|\"|>| |/|a){0,400}") {
            meta(html.as_bytes());
            xml_declaration(html.as_bytes());
        }
    }
}
