//! What holds for every jar, whatever servers send.

use super::*;
use proptest::prelude::*;
use std::collections::HashMap;
use std::time::Duration;

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)
}

/// Hosts and domains that are close to each other, public suffixes and malformed ones among them.
fn host() -> impl Strategy<Value = String> {
    let end = prop::sample::select(vec![
        "com",
        "co.uk",
        "uk",
        "github.io",
        "io",
        "kobe.jp",
        "city.kobe.jp",
        "b.kobe.jp",
        "xn--55qx5d.cn",
        "localhost",
        "example",
        "127.0.0.1",
        "[::1]",
        "",
    ]);
    let label = prop::sample::select(vec!["a.", "b.", "A.", "xn--bcher-kva.", ".", "1."]);
    (prop::collection::vec(label, 0..3), end, prop::sample::select(vec!["", "", "", "."]))
        .prop_map(|(labels, end, dot)| format!("{}{end}{dot}", labels.concat()))
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "a", "b", "=", "; ", ";", "Domain=", "Path=/", "Path=", "/x", "Secure", "HttpOnly", "Max-Age=", "Expires=", "SameSite=",
            "Lax", "__Host-", "__secure-", "1", "-", " ", "\t", "\"", "Fri, 07 Aug 2039 08:04:19 GMT", ",", "com", "a.com", ".",
        ]).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn page() -> impl Strategy<Value = Option<Url>> {
    let path = prop::sample::select(vec!["", "/", "/x", "/x/", "/x/y", "//", "/%41?q#f"]);
    (any::<bool>(), host(), path)
        .prop_map(|(tls, host, path)| Url::parse(&format!("http{}://{host}{path}", if tls { "s" } else { "" })).ok())
}

/// Who may share cookies, worked out without the jar's help.
fn owner(host: &str) -> String {
    let host = host.trim_end_matches('.');
    psl::domain_str(host).filter(|_| host.parse::<std::net::IpAddr>().is_err()).unwrap_or(host).to_owned()
}

proptest! {
    #[test]
    fn no_cookie_reaches_another_owner(
        pages in prop::collection::vec((page(), prop::option::of(host())), 1..30),
        targets in prop::collection::vec(page(), 1..10),
    ) {
        let jar = Jar::default();
        for (page, domain) in &pages {
            let Some(page) = page else { continue };
            let who = owner(page.host_str().expect("a host"));
            let attribute = domain.as_ref().map(|domain| format!("; Domain={domain}")).unwrap_or_default();
            jar.store(page, format!("{who}|={who}{attribute}; Path=/").as_bytes(), at(0));
        }
        for target in targets.iter().flatten() {
            let header = String::from_utf8(jar.header(target, at(1)).unwrap_or_default()).expect("ASCII");
            for pair in header.split("; ").filter(|pair| !pair.is_empty()) {
                let (_, who) = pair.split_once('=').expect("a pair");
                prop_assert_eq!(who, owner(target.host_str().expect("a host")), "{} {}", target, header);
            }
        }
    }

    #[test]
    fn any_line_can_be_stored_sent_and_saved(lines in prop::collection::vec((page(), line()), 0..30), target in page()) {
        let jar = Jar::default();
        for (page, line) in &lines {
            let Some(page) = page else { continue };
            jar.store(page, line, at(0));
        }
        if let Some(header) = target.as_ref().and_then(|target| jar.header(target, at(0))) {
            prop_assert!(!header.is_empty() && http::HeaderValue::from_bytes(&header).is_ok());
        }
        for cookie in jar.all(at(0)) {
            prop_assert_eq!(cookie.check(), Ok(()));
        }
        let again = Jar::from_json(&jar.to_json(at(0)), at(0)).expect("a jar");
        prop_assert_eq!(again.all(at(0)), jar.all(at(0)));
        for target in lines.iter().filter_map(|(page, _)| page.as_ref()) {
            prop_assert_eq!(again.header(target, at(1)), jar.header(target, at(1)));
        }
    }

    #[test]
    fn any_bytes_can_be_stored(line in prop::collection::vec(any::<u8>(), 0..400)) {
        let jar = Jar::default();
        jar.store(&Url::parse("https://a.example.org/x").expect("a URL"), &line, at(0));
        prop_assert!(jar.len(at(0)) <= 1);
    }

    #[test]
    fn any_text_can_be_read(text in "[\\[\\]{}\":,a-z0-9\\\\ ]{0,60}", cut in 0usize..600) {
        let jar = Jar::default();
        jar.store(&Url::parse("https://a.example.org/x").expect("a URL"), b"a=b; Max-Age=9", at(0));
        let good = jar.to_json(at(0));
        let cut = cut.min(good.len());
        let text = format!("{}{text}{}", &good[..cut], &good[cut..]);
        prop_assert!(Jar::from_json(&text, at(0)).map_or(true, |jar| jar.len(at(0)) <= 1));
        prop_assert!(Jar::from_json(&good[..cut], at(0)).is_err() || cut == good.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn no_bound_is_passed(stores in prop::collection::vec((0u32..400, 0u32..3, 0u32..300, any::<bool>(), 0u64..50), 0..9000)) {
        let (jar, mut most) = (Jar::default(), 0);
        for (index, (site, host, name, secure, time)) in stores.iter().enumerate() {
            let url = Url::parse(&format!("https://h{host}.s{}.com/", if index % 3 == 0 { 0 } else { *site })).expect("a URL");
            let line = format!("n{name}=v; Max-Age=40{}", if *secure { "; Secure" } else { "" });
            jar.store(&url, line.as_bytes(), at(*time));
            if index % 97 == 0 {
                most = most.max(jar.len(at(0)));
            }
        }
        prop_assert!(most.max(jar.len(at(0))) <= store::IN_ALL);
        let mut sites: HashMap<String, usize> = HashMap::new();
        for cookie in jar.all(at(0)) {
            *sites.entry(owner(&cookie.domain)).or_default() += 1;
        }
        prop_assert!(sites.values().all(|&count| count <= store::PER_SITE), "{:?}", sites.values().max());
    }
}
