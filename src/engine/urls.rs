//! Reading URLs, of which many in a row lead to one host.

use url::{ParseError, Url};

/// Reads URLs. Half of the work is the host; so a URL that begins as the one before did is read as a path on its host.
#[derive(Debug, Default)]
pub struct UrlReader {
    /// How the last began, as it was written.
    start: String,
    last: Option<Url>,
}

impl UrlReader {
    /// The URL, as `Url::parse` reads it.
    ///
    /// # Errors
    /// Those of `Url::parse`.
    pub fn read(&mut self, text: &str) -> Result<Url, ParseError> {
        let Some((start, path)) = split(text) else { return Url::parse(text) };
        if start == self.start {
            return Url::options().base_url(self.last.as_ref()).parse(path);
        }
        let url = Url::parse(text)?;
        self.start.clear();
        self.start.push_str(start);
        self.last = Some(url.clone());
        Ok(url)
    }
}

/// Scheme and authority, and what follows, where that is a path and would be nothing else if it stood alone (RFC 3986, section
/// 4.2: a reference that begins with two slashes names a host).
fn split(text: &str) -> Option<(&str, &str)> {
    let scheme = ["http://", "https://"].into_iter().find(|scheme| text.starts_with(scheme))?;
    let is_end = |byte: &u8| matches!(byte, b'/' | b'?' | b'#' | b'\\');
    let length = text.bytes().skip(scheme.len()).position(|byte| is_end(&byte)).filter(|length| *length > 0)?;
    let (start, path) = text.split_at_checked(scheme.len() + length)?;
    let [b'/', rest @ ..] = path.as_bytes() else { return None };
    // The parser drops tabs and line ends, and what stands behind one might be another slash.
    rest.first().is_none_or(|next| !is_end(next) && !next.is_ascii_control()).then_some((start, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_host_is_read_once() {
        let mut reader = UrlReader::default();
        reader.read("http://u:p@H:80/a?b#c").expect("a URL");
        let next = reader.read("http://u:p@H:80/d/../e é?f").expect("a URL");
        assert_eq!((reader.start.as_str(), next.as_str()), ("http://u:p@H:80", "http://u:p@h/e%20%C3%A9?f"));
        assert_eq!(reader.last.as_ref().map(Url::as_str), Some("http://u:p@h/a?b#c"));
    }

    proptest! {
        #[test]
        fn what_came_before_changes_nothing(
            starts in prop::collection::vec(
                "(http|https|HTTP|ftp|data):(//|/|\\\\\\\\|///)?([a-z:@]{0,3}@)?(h|H|é|127\\.1|\\[::1\\]|)(:8[01]?)?", 1..3),
            rests in prop::collection::vec("[/?#\\\\]?[/\\\\\t]?[a-z./?#@%:;\\\\ é&=\\[\\]\t-]{0,8}", 1..8),
            order in prop::collection::vec(any::<prop::sample::Index>(), 8),
        ) {
            let mut reader = UrlReader::default();
            for (rest, index) in rests.iter().zip(order) {
                let text = format!("{}{rest}", index.get(&starts));
                prop_assert_eq!(reader.read(&text), Url::parse(&text), "{}", text);
            }
        }
    }
}
