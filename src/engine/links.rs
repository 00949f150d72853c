//! Links of `Link` header fields (RFC 8288, section 3), read as its appendices B.2 and B.3 say.

use url::Url;

/// Parameters of a link beyond this many are not looked at.
const MAX_PARAMETERS: usize = 32;

const SPACE: [char; 2] = [' ', '\t'];

/// Where a link leads, and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The URL it leads to: made absolute where that can be done, else as it came.
    pub url: String,
    /// Names in lower case, each with the first of its values; `rel` among them.
    pub parameters: Vec<(String, String)>,
}

impl Link {
    /// The relation types, which a space separates; none where there is no `rel`.
    pub fn relations(&self) -> impl Iterator<Item = &str> {
        let rel = self.parameters.iter().find(|(name, _)| name == "rel");
        rel.map_or("", |(_, value)| value.as_str()).split_whitespace()
    }
}

/// The links of a field's value, which are relative to `base`; a value is read up to where it stops making sense.
pub fn parse(value: &str, base: &str) -> Vec<Link> {
    let base = Url::parse(base).ok();
    let mut links = Vec::new();
    let mut rest = value;
    while let Some((target, after)) = target(rest) {
        let parameters;
        (parameters, rest) = parse_parameters(after);
        let url = base.as_ref().and_then(|base| base.join(target).ok()).map_or_else(|| target.to_owned(), String::from);
        links.push(Link { url, parameters });
    }
    links
}

fn target(rest: &str) -> Option<(&str, &str)> {
    rest.trim_start_matches([' ', '\t', ',']).strip_prefix('<')?.split_once('>')
}

fn parse_parameters(mut rest: &str) -> (Vec<(String, String)>, &str) {
    let mut parameters: Vec<(String, String)> = Vec::new();
    while let Some(after) = rest.trim_start_matches(SPACE).strip_prefix(';') {
        let (name, after) = until(after, &['=', ';', ',']);
        let value;
        (value, rest) = after.strip_prefix('=').map_or_else(|| (String::new(), after), parse_value);
        let name = name.trim_matches(SPACE).to_ascii_lowercase();
        if !name.is_empty() && parameters.len() < MAX_PARAMETERS && !parameters.iter().any(|(known, _)| *known == name) {
            parameters.push((name, value));
        }
    }
    (parameters, rest)
}

fn parse_value(rest: &str) -> (String, &str) {
    let rest = rest.trim_start_matches(SPACE);
    let Some(quoted) = rest.strip_prefix('"') else {
        let (value, rest) = until(rest, &[';', ',']);
        return (value.trim_matches(SPACE).to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => value.extend(characters.next()),
            other => value.push(other),
        }
    }
    (value, characters.as_str())
}

/// The text before the first of these characters, and what begins with it.
fn until<'a>(text: &'a str, ends: &[char]) -> (&'a str, &'a str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(value: &str) -> Vec<(String, Vec<String>)> {
        let of = |link: &Link| (link.url.clone(), link.relations().map(String::from).collect());
        parse(value, "http://h.test/a/b").iter().map(of).collect()
    }

    fn link(url: &str, relations: &[&str]) -> (String, Vec<String>) {
        (url.into(), relations.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn links_are_made_absolute() {
        assert_eq!(
            found(r#"<https://x.test/?page=2>; rel="next", </last>; rel=last,<c>;rel="up  copyright""#),
            [
                link("https://x.test/?page=2", &["next"]),
                link("http://h.test/last", &["last"]),
                link("http://h.test/a/c", &["up", "copyright"])
            ]
        );
    }

    #[test]
    fn commas_and_semicolons_may_stand_in_urls_and_quotes() {
        let links = parse(r#"<http://x.test/a,b;c>; title="x, \"y\"; z" ; REL=next"#, "");
        assert_eq!(links.len(), 1);
        assert_eq!(links[0].url, "http://x.test/a,b;c");
        let parameters = [("title".into(), r#"x, "y"; z"#.into()), ("rel".into(), "next".into())];
        assert_eq!(links[0].parameters, parameters);
    }

    #[test]
    fn the_first_of_each_parameter_counts() {
        assert_eq!(found("<a>; rel=next; rel=prev"), [link("http://h.test/a/a", &["next"])]);
    }

    #[test]
    fn what_makes_no_sense_ends_the_links() {
        assert_eq!(found("next"), []);
        assert_eq!(found("<a"), []);
        assert_eq!(
            found("<a>; rel=up garbage, <b>"),
            [link("http://h.test/a/a", &["up", "garbage"]), link("http://h.test/a/b", &[])]
        );
        assert_eq!(found("<a>; rel=\"up\"garbage, <b>; rel=x"), [link("http://h.test/a/a", &["up"])]);
        assert_eq!(found("<a>; rel=\"never closed, <b>"), [link("http://h.test/a/a", &["never", "closed,", "<b>"])]);
        assert_eq!(found(", ,<a>;;; =x;rel , <b>"), [link("http://h.test/a/a", &[]), link("http://h.test/a/b", &[])]);
    }

    #[test]
    fn a_megabyte_is_no_trouble() {
        for piece in ["<", "<>", "<a>;", ";a=b", "<a>; rel=\"", ","] {
            parse(&format!("<a>{}", piece.repeat(1 << 18)), "http://h.test/");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(value in "\\PC*|[<>;,=\"\\\\ a]*") {
            parse(&value, "http://h.test/");
        }
    }
}
