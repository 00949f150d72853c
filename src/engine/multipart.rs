//! The framing of `multipart/form-data`: RFC 7578, with names escaped as browsers do
//! (https://html.spec.whatwg.org/#multipart-form-data). The content of the parts is supplied elsewhere: a body is, for each
//! part, its head and its content, and then the tail.
//!
//! Unlike a browser, nothing here turns line ends into CRLF: content and names are data and stay as they are.

use std::error::Error;
use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName, HeaderValue};
use percent_encoding::percent_encode_byte;

/// One field of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// The file's name; its presence makes the field a file.
    pub file_name: Option<String>,
    /// The content's type; a file without one gets the type that its name suggests.
    pub content_type: Option<String>,
    /// Further header lines, in order.
    pub headers: Vec<(String, String)>,
    /// The length of the content in bytes, where it is known.
    pub size: Option<u64>,
}

/// What stands between the parts: 1 to 70 characters (RFC 2046 section 5.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary(String);

/// Why a form cannot be sent, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidForm(String);

/// The framing of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    heads: Vec<Bytes>,
    tail: Bytes,
    length: Option<u64>,
    content_type: HeaderValue,
}

impl Boundary {
    /// A boundary that nobody can foresee: 128 bits from the system. Content that holds it by accident or by intent is out of
    /// the question, so content needs no search for it.
    ///
    /// # Errors
    /// Where the system has no random bytes to give.
    pub fn random() -> Result<Self, InvalidForm> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| InvalidForm(format!("no random bytes for the boundary: {error}")))?;
        Ok(Self(format!("{:032x}", u128::from_be_bytes(bytes))))
    }

    /// A boundary of one's own. Only characters that need no quotes in a `Content-Type` are allowed.
    ///
    /// # Errors
    /// Where its length or one of its characters is not allowed.
    pub fn new(text: &str) -> Result<Self, InvalidForm> {
        if !(1..=70).contains(&text.len()) {
            return Err(InvalidForm(format!("a boundary has 1 to 70 characters, not {}", text.len())));
        }
        match text.chars().find(|c| !c.is_ascii_alphanumeric() && !"'+_-.".contains(*c)) {
            Some(c) => Err(InvalidForm(format!("a boundary cannot hold {c:?}, only letters, digits and any of '+_-."))),
            None => Ok(Self(text.into())),
        }
    }
}

impl Form {
    /// The framing for these parts.
    ///
    /// # Errors
    /// Where a header line of a part is not one.
    pub fn new(parts: &[Part], boundary: &Boundary) -> Result<Self, InvalidForm> {
        let boundary = &boundary.0;
        let mut heads = Vec::with_capacity(parts.len());
        for part in parts {
            let mut head = String::with_capacity(160);
            head.push_str(if heads.is_empty() { "--" } else { "\r\n--" });
            head.push_str(boundary);
            head.push_str("\r\n");
            part.write_headers(&mut head)?;
            head.push_str("\r\n");
            heads.push(Bytes::from(head));
        }
        let tail = Bytes::from(format!("{}--{boundary}--\r\n", if parts.is_empty() { "" } else { "\r\n" }));
        let framing = heads.iter().chain([&tail]).map(|text| Some(text.len() as u64));
        let length = framing.chain(parts.iter().map(|part| part.size)).try_fold(0u64, |sum, size| sum.checked_add(size?));
        let content_type = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"))
            .map_err(|error| InvalidForm(error.to_string()))?;
        Ok(Self { heads, tail, length, content_type })
    }

    /// What comes before the content of each part, in order.
    pub fn heads(&self) -> &[Bytes] {
        &self.heads
    }

    /// What comes after the content of the last part.
    pub fn tail(&self) -> Bytes {
        self.tail.clone()
    }

    /// The length of the whole body in bytes, where that of every part is known.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// The `Content-Type` of the request.
    pub fn content_type(&self) -> HeaderValue {
        self.content_type.clone()
    }
}

impl Part {
    fn write_headers(&self, head: &mut String) -> Result<(), InvalidForm> {
        head.push_str("Content-Disposition: form-data; name=\"");
        escape(&self.name, head);
        head.push('"');
        if let Some(file_name) = &self.file_name {
            head.push_str("; filename=\"");
            escape(file_name, head);
            head.push('"');
        }
        head.push_str("\r\n");

        let mut typed = false;
        for (name, value) in &self.headers {
            let known = HeaderName::try_from(name.as_str()).map_err(|_| self.refuse("header name", name))?;
            typed |= known == CONTENT_TYPE;
            if known == CONTENT_DISPOSITION || (known == CONTENT_TYPE && self.content_type.is_some()) {
                return Err(self.refuse("further header", name));
            }
            self.write_line(name, value, head)?;
        }
        if let Some(content_type) = &self.content_type {
            self.write_line("Content-Type", content_type, head)?;
        } else if let (Some(file_name), false) = (&self.file_name, typed) {
            let guess = mime_guess::from_path(file_name).first_raw().unwrap_or("application/octet-stream");
            self.write_line("Content-Type", guess, head)?;
        }
        Ok(())
    }

    fn write_line(&self, name: &str, value: &str, head: &mut String) -> Result<(), InvalidForm> {
        if value.chars().any(char::is_control) {
            return Err(self.refuse(&format!("value of the header {name}"), value));
        }
        for text in [name, ": ", value, "\r\n"] {
            head.push_str(text);
        }
        Ok(())
    }

    /// A refusal that shows the text, but no more of it than is of use.
    fn refuse(&self, what: &str, text: &str) -> InvalidForm {
        let [name, text] = [&self.name, text].map(|text| text.chars().take(80).collect::<String>());
        InvalidForm(format!("not allowed as a {what} of the part {name:?}: {text:?}"))
    }
}

/// A name between quotes: a quote or a control character could end it, so they are percent-encoded.
fn escape(name: &str, into: &mut String) {
    for c in name.chars() {
        match u8::try_from(c) {
            Ok(byte) if byte == b'"' || byte.is_ascii_control() => into.push_str(percent_encode_byte(byte)),
            _ => into.push(c),
        }
    }
}

impl fmt::Display for InvalidForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for InvalidForm {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Parsed = (Vec<(String, String)>, Vec<u8>);

    /// A parser that accepts nothing but the grammar: header lines by name, and the content.
    fn parse(body: &[u8], boundary: &str) -> Vec<Parsed> {
        let find = |text: &[u8], what: &[u8]| text.windows(what.len()).position(|window| window == what).expect("found");
        let mut parts = Vec::new();
        let mut rest = body.strip_prefix(format!("--{boundary}").as_bytes()).expect("the first boundary");
        while rest != b"--\r\n" {
            rest = rest.strip_prefix(b"\r\n").expect("the end of the boundary line");
            let end = find(rest, b"\r\n\r\n");
            let head = std::str::from_utf8(&rest[..end]).expect("UTF-8");
            assert!(!head.replace("\r\n", "").contains(|c: char| c.is_ascii_control()), "{head:?}");
            let lines = head.split("\r\n").map(|line| line.split_once(": ").expect("a header line"));
            let lines = lines.map(|(name, value)| (name.to_lowercase(), value.into())).collect();
            rest = &rest[end + 4..];
            let delimiter = format!("\r\n--{boundary}");
            let end = find(rest, delimiter.as_bytes());
            parts.push((lines, rest[..end].to_vec()));
            rest = &rest[end + delimiter.len()..];
        }
        parts
    }

    /// What stands between the quotes after `key="`.
    fn parameter<'a>(line: &'a str, key: &str) -> Option<&'a str> {
        line.split_once(&format!("; {key}=\"")).map(|(_, rest)| rest.split_once('"').expect("a closing quote").0)
    }

    fn unescape(text: &str) -> String {
        (0..=0x7f_u8)
            .filter(|byte| byte.is_ascii_control() || *byte == b'"')
            .fold(text.to_owned(), |text, byte| text.replace(&format!("%{byte:02X}"), &char::from(byte).to_string()))
    }

    fn body(parts: &[Part], contents: &[&[u8]], boundary: &str) -> Vec<u8> {
        let form = Form::new(parts, &Boundary::new(boundary).expect("a boundary")).expect("a form");
        let mut body: Vec<u8> = form.heads().iter().zip(contents).flat_map(|(head, content)| [head, *content].concat()).collect();
        body.extend(form.tail());
        let known = parts.iter().all(|part| part.size.is_some());
        assert_eq!(form.length(), known.then_some(body.len() as u64));
        body
    }

    fn named(name: &str) -> Part {
        Part { name: name.into(), ..Part::default() }
    }

    #[test]
    fn the_bytes_are_those_of_a_browser() {
        let text = Part { size: Some(1), ..named("a") };
        let file = Part { file_name: Some("ü \"1\".TXT".into()), size: Some(0), ..named("b") };
        let expected = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B\r\nContent-Disposition: form-data; \
            name=\"b\"; filename=\"ü %221%22.TXT\"\r\nContent-Type: text/plain\r\n\r\n\r\n--B--\r\n";
        assert_eq!(String::from_utf8(body(&[text, file], &[b"1", b""], "B")).expect("UTF-8"), expected);
        assert_eq!(body(&[], &[], "B"), b"--B--\r\n");
    }

    #[test]
    fn the_type_is_given_or_guessed() {
        let line = |part: Part| parse(&body(&[part], &[b""], "B"), "B")[0].0.get(1).map(|(_, value)| value.clone());
        let file = |name: &str| Part { file_name: Some(name.into()), ..named("f") };
        assert_eq!(line(named("f")), None);
        assert_eq!(line(file("x.png")).as_deref(), Some("image/png"));
        assert_eq!(line(file("x")).as_deref(), Some("application/octet-stream"));
        assert_eq!(line(Part { content_type: Some("a/b".into()), ..file("x.png") }).as_deref(), Some("a/b"));
        assert_eq!(line(Part { headers: vec![("content-type".into(), "c/d".into())], ..file("x.png") }).as_deref(), Some("c/d"));
    }

    #[test]
    fn no_control_character_ends_a_name_or_passes_in_a_header() {
        for byte in (0..=0x7f_u8).filter(u8::is_ascii_control) {
            for position in 0..=4 {
                let mut text = "a\"bü".to_owned();
                let at = text.char_indices().map(|(at, _)| at).nth(position).unwrap_or(text.len());
                text.insert(at, char::from(byte));
                let parsed = parse(&body(&[Part { file_name: Some(text.clone()), ..named(&text) }], &[b""], "B"), "B");
                let disposition = &parsed[0].0[0].1;
                assert_eq!(unescape(parameter(disposition, "name").expect("a name")), text);
                assert_eq!(unescape(parameter(disposition, "filename").expect("a file name")), text);

                let boundary = Boundary::new("B").expect("a boundary");
                for part in [
                    Part { content_type: Some(text.clone()), ..named("field") },
                    Part { headers: vec![("x".into(), text.clone())], ..named("field") },
                    Part { headers: vec![(text.clone(), "x".into())], ..named("field") },
                ] {
                    let message = Form::new(&[part], &boundary).expect_err("refused").to_string();
                    assert!(message.contains("header") && message.contains("\"field\""), "{message}");
                    assert!(!message.chars().any(char::is_control), "{message:?}");
                }
            }
        }
    }

    #[test]
    fn headers_that_the_form_writes_are_not_given_twice() {
        let boundary = Boundary::random().expect("random bytes");
        let headers = |name: &str| vec![(name.to_owned(), "x".to_owned())];
        assert!(Form::new(&[Part { headers: headers("content-Disposition"), ..named("a") }], &boundary).is_err());
        let twice = Part { headers: headers("Content-type"), content_type: Some("a/b".into()), ..named("a") };
        assert!(Form::new(&[twice], &boundary).is_err());
    }

    #[test]
    fn boundaries_are_random_and_need_no_quotes() {
        let (one, two) = (Boundary::random().expect("random bytes"), Boundary::random().expect("random bytes"));
        assert!(one != two && one.0.len() == 32 && one.0.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(Form::new(&[], &one).expect("a form").content_type(), format!("multipart/form-data; boundary={}", one.0));
        for bad in ["", "a b", "a\r\n", "a\"", "ü", "a;b", &"x".repeat(71)] {
            assert!(Boundary::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn lengths_that_do_not_fit_are_unknown() {
        let form = Form::new(&[Part { size: Some(u64::MAX), ..named("a") }], &Boundary::new("B").expect("a boundary"));
        assert_eq!(form.expect("a form").length(), None);
    }

    proptest! {
        #[test]
        fn forms_come_back(
            fields in prop::collection::vec(
                (any::<String>(), prop::option::of(any::<String>()), prop::collection::vec(any::<u8>(), 0..40), any::<bool>()),
                0..6,
            ),
        ) {
            let plain = |text: &str| text.replace('%', "");
            let parts: Vec<Part> = fields.iter().map(|(name, file_name, content, known)| Part {
                file_name: file_name.as_deref().map(plain),
                size: known.then_some(content.len() as u64),
                ..named(&plain(name))
            }).collect();
            let contents: Vec<&[u8]> = fields.iter().map(|field| field.2.as_slice()).collect();
            let parsed = parse(&body(&parts, &contents, "bound-ary"), "bound-ary");
            prop_assert_eq!(parsed.len(), parts.len());
            for (((lines, content), part), sent) in parsed.iter().zip(&parts).zip(&contents) {
                prop_assert_eq!(content, sent);
                let (name, disposition) = &lines[0];
                prop_assert_eq!(name, "content-disposition");
                prop_assert_eq!(unescape(parameter(disposition, "name").expect("a name")), part.name.clone());
                prop_assert_eq!(parameter(disposition, "filename").map(unescape), part.file_name.clone());
                prop_assert_eq!(lines.len(), 1 + usize::from(part.file_name.is_some()));
            }
        }
    }
}
