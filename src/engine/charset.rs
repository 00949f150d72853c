//! The text of a body: which encoding its bytes are in, and decoding them.
//!
//! Encodings and their labels are those of the WHATWG Encoding standard. What says the encoding, first come first served:
//! a byte order mark; `charset` of the Content-Type (RFC 9110, section 8.3); for JSON nothing else, it is UTF-8 (RFC 8259,
//! section 8.1); what an HTML or XML document says of itself; that the bytes are valid UTF-8; a guess from the bytes. A label
//! that is unknown says nothing.

mod markup;

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8};

use super::memory::{self, NoMemory};

/// Bytes looked at for a guess, from the first that is not ASCII: the detector's work grows with them.
const GUESSED_FROM: usize = 64 * 1024;

/// Bytes from which on a body is decoded piece by piece, so that a lack of memory is found out in time.
const LARGE: usize = 1 << 20;

/// The encoding of a body with this `Content-Type`.
pub fn encoding(content_type: Option<&str>, body: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(body) {
        return encoding;
    }
    let media_type = content_type.unwrap_or_default();
    if let Some(encoding) = declared(media_type) {
        return encoding;
    }
    let kind = Kind::of(media_type);
    if kind == Kind::Json {
        return UTF_8;
    }
    let said = match kind {
        Kind::Html => markup::xml_declaration(body).or_else(|| markup::meta(body)),
        Kind::Xml => markup::xml_declaration(body),
        Kind::Json | Kind::Other => None,
    };
    said.unwrap_or_else(|| guess(body))
}

/// The text of a body and the encoding it was in. The byte order mark is left out, and what is not valid becomes U+FFFD.
pub fn text<'b>(content_type: Option<&str>, body: &'b [u8]) -> (Cow<'b, str>, &'static Encoding) {
    let encoding = encoding(content_type, body);
    (encoding.decode_with_bom_removal(body).0, encoding)
}

/// The text of a body in this encoding, unless a byte order mark says another. The mark is left out, and what is not valid
/// becomes U+FFFD.
///
/// # Errors
/// Where there is no memory for it.
pub fn decode<'b>(encoding: &'static Encoding, body: &'b [u8]) -> Result<Cow<'b, str>, NoMemory> {
    if body.len() < LARGE {
        return Ok(encoding.decode(body).0);
    }
    let (encoding, mark) = Encoding::for_bom(body).unwrap_or((encoding, 0));
    let body = body.get(mark..).unwrap_or_default();
    let as_it_is = encoding == UTF_8 || encoding.is_ascii_compatible() && Encoding::ascii_valid_up_to(body) == body.len();
    if let Some(text) = as_it_is.then(|| UTF_8.decode_without_bom_handling_and_without_replacement(body)).flatten() {
        return Ok(text);
    }
    let mut text = String::new();
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut rest = body.chunks(LARGE);
    while let Some(mut chunk) = rest.next() {
        loop {
            let most = decoder.max_utf8_buffer_length(chunk.len()).unwrap_or(usize::MAX);
            if text.capacity() - text.len() < most {
                let wanted = text.len().saturating_add(most).max(text.capacity().saturating_mul(2));
                memory::ask(wanted)?;
                text.try_reserve(most).map_err(|_| NoMemory { wanted })?;
            }
            let (result, read, _) = decoder.decode_to_string(chunk, &mut text, rest.len() == 0);
            chunk = chunk.get(read..).unwrap_or_default();
            if result == CoderResult::InputEmpty {
                break;
            }
        }
    }
    Ok(Cow::Owned(text))
}

/// The encoding that the `charset` parameter of a `Content-Type` names.
pub fn declared(content_type: &str) -> Option<&'static Encoding> {
    let mut rest = content_type.split_once(';')?.1;
    loop {
        let (name, after) = rest.split_once('=')?;
        // What stands before a stray semicolon is no parameter.
        let name = name.rsplit(';').next().unwrap_or_default().trim();
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(';').unwrap_or((after, "")),
        };
        if name.eq_ignore_ascii_case("charset") {
            return known(value.trim_matches(|c: char| matches!(c, ' ' | '\t' | '\'')).as_bytes());
        }
        rest = after;
    }
}

/// The encoding with this label; not "replacement", which stands for encodings that nobody should decode and shows nothing.
fn known(label: &[u8]) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(label)
}

/// Whether a `Content-Type` is one of JSON.
pub fn is_json(content_type: &str) -> bool {
    Kind::of(content_type) == Kind::Json
}

/// What a media type lets expect of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    /// Also where nothing is said: browsers look into such bodies too.
    Html,
    Xml,
    Other,
}

impl Kind {
    fn of(media_type: &str) -> Self {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "" | "text/html" | "application/xhtml+xml" => Self::Html,
            "text/xml" | "application/xml" => Self::Xml,
            "application/json" | "text/json" | "application/x-ndjson" | "application/jsonl" => Self::Json,
            other if other.ends_with("+json") => Self::Json,
            other if other.ends_with("+xml") => Self::Xml,
            _ => Self::Other,
        }
    }
}

fn guess(body: &[u8]) -> &'static Encoding {
    if Encoding::utf8_valid_up_to(body) == body.len() {
        return UTF_8;
    }
    // The detector looks at the two bytes before the first that is not ASCII.
    let from = Encoding::ascii_valid_up_to(body).saturating_sub(2);
    let body = body.get(from..).unwrap_or_default();
    let (seen, last) = body.get(..GUESSED_FROM).map_or((body, true), |start| (start, false));
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(seen, last);
    detector.guess(None, Utf8Detection::Allow)
}

/// Decodes a body piece by piece. A byte order mark at the start wins over the encoding asked for, and is left out.
pub struct TextDecoder {
    decoder: Option<Decoder>,
}

impl TextDecoder {
    /// A decoder at the start of a body in this encoding.
    pub fn new(encoding: &'static Encoding) -> Self {
        Self { decoder: Some(encoding.new_decoder()) }
    }

    /// A decoder for what is UTF-8 by definition, whatever mark it begins with.
    pub fn utf8() -> Self {
        Self { decoder: Some(UTF_8.new_decoder_with_bom_removal()) }
    }

    /// The text of the next piece; the start of a character waits for its rest, unless this is the last piece.
    pub fn decode(&mut self, mut bytes: &[u8], last: bool) -> String {
        let mut text = String::with_capacity(bytes.len() + 16);
        let Some(decoder) = &mut self.decoder else { return text };
        loop {
            let (result, read, _) = decoder.decode_to_string(bytes, &mut text, last);
            bytes = bytes.get(read..).unwrap_or_default();
            if result == CoderResult::InputEmpty {
                break;
            }
            text.reserve(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len()));
        }
        if last {
            self.decoder = None;
        }
        text
    }
}

impl std::fmt::Debug for TextDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("TextDecoder").field(&self.decoder.as_ref().map(|decoder| decoder.encoding().name())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::*;
    use proptest::prelude::*;

    fn name(content_type: &str, body: &[u8]) -> &'static str {
        encoding((!content_type.is_empty()).then_some(content_type), body).name()
    }

    #[test]
    fn a_mark_wins_over_the_header_and_the_header_over_the_document() {
        let html = b"<meta charset=koi8-r>\xc3\xa4";
        assert_eq!(name("text/html; charset=iso-8859-1", &[b"\xef\xbb\xbf", &html[..]].concat()), "UTF-8");
        assert_eq!(name("text/html; charset=utf-8", b"\xff\xfe<\0"), "UTF-16LE");
        assert_eq!(name("text/html; charset=iso-8859-1", html), "windows-1252");
        assert_eq!(name("text/html; charset=nonsense", html), "KOI8-R");
        assert_eq!(name("text/html", html), "KOI8-R");
        assert_eq!(name("", html), "KOI8-R");
        assert_eq!(name("text/plain", html), "UTF-8");
    }

    #[test]
    fn charset_parameters_are_found() {
        for content_type in [
            "text/plain; charset=shift_jis",
            "text/plain;CHARSET=\"Shift_JIS\"",
            "text/plain; format=flowed ; Charset = sjis; x=y",
            "text/plain; x=\"; charset=utf-8\"; charset=sjis; charset=utf-8",
            "text/plain; ;junk; charset='sjis'",
        ] {
            assert_eq!(declared(content_type), Some(SHIFT_JIS), "{content_type}");
        }
        for content_type in [
            "",
            "charset=utf-8",
            "text/plain",
            "text/plain; charset",
            "text/plain; charset=",
            "a/b; charset=\"",
            "a/b;xcharset=utf-8",
        ] {
            assert_eq!(declared(content_type), None, "{content_type}");
        }
        assert_eq!(declared("text/plain; charset=iso-2022-kr"), None, "stands for no encoding");
    }

    #[test]
    fn xml_says_its_encoding() {
        let xml = b"<?xml version='1.0' encoding='iso-8859-2'?><a>\xb1</a>";
        for content_type in ["text/xml", "application/xml; x=y", "Application/Atom+XML", "application/xhtml+xml"] {
            assert_eq!(name(content_type, xml), "ISO-8859-2");
        }
    }

    #[test]
    fn json_is_utf8() {
        let latin1 = b"{\"a\": \"\xe4\"}";
        assert_eq!(name("application/json", latin1), "UTF-8");
        assert_eq!(name("application/problem+json; a=b", latin1), "UTF-8");
        assert_eq!(name("application/json; charset=latin1", latin1), "windows-1252");
        assert_eq!(text(Some("application/json"), latin1).0, "{\"a\": \"\u{fffd}\"}");
    }

    #[test]
    fn the_rest_is_utf8_where_valid_and_guessed_where_not() {
        assert_eq!(name("text/plain", "Grüße, мир".as_bytes()), "UTF-8");
        for (encoding, words) in [
            (WINDOWS_1252, "Grüße aus München, schöne Tage überall"),
            (WINDOWS_1251, "Привет, как дела? Это обычный русский текст."),
            (SHIFT_JIS, "これは日本語の文章です。文字コードを判定します。"),
            (EUC_KR, "안녕하세요. 이것은 한국어 문장입니다."),
        ] {
            let long = format!("{}{words}", "ascii ".repeat(30_000));
            for words in [words, &long] {
                let (bytes, _, _) = encoding.encode(words);
                let (text, used) = text(Some("text/plain"), &bytes);
                assert_eq!((&*text, used.name()), (words, encoding.name()));
            }
        }
        let broken = [&"ä".repeat(100_000).into_bytes()[..], b"\xff"].concat();
        assert_eq!(name("text/plain", &broken), "UTF-8");
    }

    #[test]
    fn text_is_borrowed_where_it_can_be_and_loses_its_mark() {
        assert!(matches!(text(None, b"plain").0, Cow::Borrowed("plain")));
        assert_eq!(text(None, b"\xef\xbb\xbfa").0, "a");
        assert_eq!(text(None, b"\xfe\xff\0a").0, "a");
    }

    #[test]
    fn large_bodies_have_the_same_text() {
        for encoding in [UTF_8, WINDOWS_1252, SHIFT_JIS, GB18030, UTF_16LE, ISO_2022_JP] {
            for piece in [&b"ascii only "[..], b"\x83\x65 \xe9\xff", b"\xef\xbb\xbf", "Gr\u{fc}\u{df}e".as_bytes(), b"a\0b"] {
                for mark in [&b""[..], b"\xef\xbb\xbf", b"\xff\xfe"] {
                    let body = [mark, &piece.repeat(5 * LARGE / 2 / piece.len())].concat();
                    assert!(decode(encoding, &body).unwrap() == encoding.decode(&body).0, "{} {piece:?}", encoding.name());
                }
            }
        }
    }

    #[test]
    fn guessing_looks_at_a_part_only() {
        let (russian, _, _) = WINDOWS_1251.encode("Привет, как дела? Это обычный русский текст. ");
        let body = [russian.repeat(2000), b"\xff\x81".repeat(5_000_000)].concat();
        assert_eq!(name("text/plain", &body), "windows-1251");
    }

    #[test]
    fn a_decoder_that_is_done_gives_nothing() {
        let mut decoder = TextDecoder::new(UTF_8);
        assert_eq!(decoder.decode(b"a\xc3", true), "a\u{fffd}");
        assert_eq!(decoder.decode(b"b", true), "");
        assert_eq!(TextDecoder::utf8().decode(b"\xff\xfea", true), "\u{fffd}\u{fffd}a");
    }

    proptest! {
        #[test]
        fn pieces_give_the_same_text(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(&b"\xef\xbb\xbf\xff\xfea"[..])], 0..200),
            sizes in prop::collection::vec(1usize..20, 1..10),
            encoding in prop::sample::select(vec![UTF_8, WINDOWS_1252, SHIFT_JIS, GB18030, UTF_16LE, ISO_2022_JP]),
        ) {
            let mut decoder = TextDecoder::new(encoding);
            let (mut rest, mut text, mut sizes) = (&bytes[..], String::new(), sizes.iter().cycle());
            while !rest.is_empty() {
                let (now, later) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
                text += &decoder.decode(now, false);
                rest = later;
            }
            text += &decoder.decode(b"", true);
            prop_assert_eq!(text, encoding.decode(&bytes).0);
        }

        #[test]
        fn no_body_or_header_is_too_strange(content_type in ".*", body in prop::collection::vec(any::<u8>(), 0..300)) {
            text(Some(&content_type), &body);
            declared(&content_type);
        }
    }
}
