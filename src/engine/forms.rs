//! Pairs as `application/x-www-form-urlencoded`, for a body and for a URL's query
//! (https://url.spec.whatwg.org/#urlencoded-serializing).

use http::HeaderValue;
use url::Url;
use url::form_urlencoded::byte_serialize;

/// The content type of an encoded form.
pub const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// Pairs as a body, in their order; equal names stay apart.
pub fn encode<N: AsRef<[u8]>, V: AsRef<[u8]>>(pairs: &[(N, V)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.extend(byte_serialize(name.as_ref()));
        text.push('=');
        text.extend(byte_serialize(value.as_ref()));
    }
    text
}

/// Appends to a URL's query what is written as one; characters that no query can have are percent-encoded.
pub fn append(url: &mut Url, text: &str) {
    if text.is_empty() {
        return;
    }
    // The query that is there was parsed already, so that parsing it again changes nothing.
    let query = match url.query() {
        Some(query) if !query.is_empty() => format!("{query}&{text}"),
        _ => text.to_owned(),
    };
    url.set_query(Some(&query));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Appends pairs to a URL's query. What the URL has already stays as it is, to the byte.
    fn merge<N: AsRef<[u8]>, V: AsRef<[u8]>>(url: &mut Url, pairs: &[(N, V)]) {
        append(url, &encode(pairs));
    }

    #[test]
    fn params_follow_the_query_that_is_there() {
        for (url, pairs, expected) in [
            ("http://h/", &[][..], "http://h/"),
            ("http://h/?", &[], "http://h/?"),
            ("http://h/?a=%7e&&b#f?x", &[], "http://h/?a=%7e&&b#f?x"),
            ("http://h/", &[("a", "1")], "http://h/?a=1"),
            ("http://h/?", &[("a", "1")], "http://h/?a=1"),
            ("http://h/?a=%7e+%20;b#f?x", &[("a", "1"), ("a", "2")], "http://h/?a=%7e+%20;b&a=1&a=2#f?x"),
            ("http://h/p?x", &[("a b", "&=#+%\r\n"), ("ü", "")], "http://h/p?x&a+b=%26%3D%23%2B%25%0D%0A&%C3%BC="),
        ] {
            let mut merged = Url::parse(url).expect(url);
            merge(&mut merged, pairs);
            assert_eq!(merged.as_str(), expected);
        }
    }

    #[test]
    fn written_queries_are_appended() {
        for (url, text, expected) in [
            ("http://h/", "", "http://h/"),
            ("http://h/?", "a", "http://h/?a"),
            ("http://h/?x=%7e#f", "a=b+c%20d&ü='\"#", "http://h/?x=%7e&a=b+c%20d&%C3%BC=%27%22%23#f"),
        ] {
            let mut appended = Url::parse(url).expect(url);
            append(&mut appended, text);
            assert_eq!(appended.as_str(), expected);
        }
    }

    #[test]
    fn a_megabyte_takes_one_pass() {
        let pairs = vec![("name", "value é"); 50_000];
        assert_eq!(encode(&pairs).split('&').count(), pairs.len());
    }

    proptest! {
        #[test]
        fn pairs_come_back(pairs in prop::collection::vec((any::<String>(), any::<String>()), 0..8)) {
            let body = encode(&pairs);
            prop_assert!(body.bytes().all(|byte| byte.is_ascii_graphic()));
            let back: Vec<_> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
            prop_assert_eq!(&back, &pairs);

            let mut url = Url::parse("http://h/p?own=%41#f").expect("a URL");
            merge(&mut url, &pairs);
            prop_assert!(url.query().expect("a query").starts_with("own=%41"));
            prop_assert_eq!(url.query_pairs().into_owned().skip(1).collect::<Vec<_>>(), pairs);
            prop_assert_eq!((url.path(), url.fragment()), ("/p", Some("f")));
        }
    }
}
