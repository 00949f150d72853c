//! What is written out and read again: header lines in their storage, and forms.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{head, text_head};
use crate::engine::headers::{Lines, block};
use crate::engine::multipart::{Boundary, Form, Part};

/// Fields of a head, a line each. As they are, the bytes are also a block that nobody wrote.
pub fn headers(data: &[u8]) {
    let any: usize = Lines::new(data).iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(any <= data.len());
    let mut map = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, value) = (&line[..colon], line.get(colon + 1..).unwrap_or_default());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            map.append(name, value);
        }
    }
    let block = block(&map);
    let lines = Lines::new(&block);
    let expected = map.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
    assert!(lines.iter().eq(expected));
    for name in map.keys() {
        assert!(
            lines.get_all(name.as_str().to_ascii_uppercase().as_bytes()).eq(map.get_all(name).iter().map(HeaderValue::as_bytes))
        );
    }
}

/// A field's name, a file's name, a type, a further header, and content: a form of two such fields.
pub fn multipart(data: &[u8]) {
    let Some(([boundary, name, file_name, content_type, header], _)) = text_head(data) else { return };
    let (_, content) = head::<5>(data);
    // A line end within a name is written as one that is none.
    let [name, file_name, content_type] = [name, file_name, content_type].map(|text| text.replace("\\n", "\r\n"));
    let given = |text: String| (!text.is_empty()).then_some(text);
    let headers = header.split_once(':').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let part = Part {
        name,
        file_name: given(file_name),
        content_type: given(content_type),
        headers: headers.into_iter().collect(),
        size: Some(content.len() as u64),
    };
    let Ok(bound) = Boundary::new(boundary) else { return };
    let form = match Form::new(&[part.clone(), part.clone()], &bound) {
        Ok(form) => form,
        Err(why) => return assert!(!why.to_string().contains(char::is_control), "{why}"),
    };
    assert!(HeaderValue::from_bytes(form.content_type().as_bytes()).is_ok());
    let mut written = Vec::new();
    for (number, head) in form.heads().iter().enumerate() {
        let before = format!("{}--{boundary}\r\n", if number == 0 { "" } else { "\r\n" });
        let head = std::str::from_utf8(head).expect("text");
        let lines = head.strip_prefix(&before).and_then(|head| head.strip_suffix("\r\n\r\n")).expect("a head");
        let lines: Vec<&str> = lines.split("\r\n").collect();
        assert!(lines.iter().all(|line| !line.contains(|c: char| c.is_ascii_control())), "{lines:?}");
        let is_typed = part.content_type.is_some() || part.file_name.is_some() || !part.headers.is_empty();
        assert!(lines.len() <= 1 + usize::from(is_typed) + part.headers.len());
        let escaped = |text: &str| text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
        let has_other = |text: &str| text.contains(|c: char| c.is_ascii_control() && !"\r\n".contains(c));
        if !has_other(&part.name) {
            let start = format!("Content-Disposition: form-data; name=\"{}\"", escaped(&part.name));
            assert!(lines[0].starts_with(&start), "{}", lines[0]);
        }
        written.extend_from_slice(head.as_bytes());
        written.extend_from_slice(content);
    }
    written.extend_from_slice(&form.tail());
    assert_eq!(form.length(), Some(written.len() as u64));
}
