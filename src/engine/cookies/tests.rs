//! The rules of a jar, one test each.

use super::*;
use std::time::Duration;

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)
}

fn url(text: &str) -> Url {
    Url::parse(text).expect(text)
}

fn header(jar: &Jar, to: &str) -> String {
    String::from_utf8(jar.header(&url(to), at(1)).unwrap_or_default()).expect("UTF-8")
}

/// What goes to `to` after `from` has set this.
fn sent(from: &str, lines: &[&str], to: &str) -> String {
    let jar = Jar::default();
    for line in lines {
        jar.store(&url(from), line.as_bytes(), at(0));
    }
    header(&jar, to)
}

fn cookie(name: &str, domain: &str) -> Cookie {
    Cookie {
        name: name.into(),
        value: b"v".to_vec(),
        domain: domain.into(),
        host_only: false,
        path: "/".into(),
        expires: None,
        secure: false,
        http_only: false,
        same_site: None,
        created: at(0),
        accessed: at(0),
    }
}

#[test]
fn nobody_sets_cookies_for_more_than_his_own() {
    for (from, domain) in [
        ("http://a.com/", "com"),
        ("http://a.com/", ".com"),
        ("http://a.com/", "..com"),
        ("http://a.com/", "COM"),
        ("http://a.com/", "com."),
        ("http://a.com/", "b.com"),
        ("http://a.com/", "x.a.com"),
        ("http://xa.com/", "a.com"),
        ("http://a.com/", "a.com."),
        ("http://a.com./", "a.com"),
        ("http://a.com./", "com."),
        ("http://a.com./", "com"),
        ("http://a.com/", "m"),
        ("http://a.co.uk/", "co.uk"),
        ("http://a.co.uk/", "Co.Uk"),
        ("http://a.co.uk/", "uk"),
        ("http://me.github.io/", "github.io"),
        ("http://me.github.io/", "GitHub.io"),
        ("http://a.b.kobe.jp/", "kobe.jp"),
        ("http://a.b.kobe.jp/", "b.kobe.jp"),
        ("http://a.公司.cn/", "xn--55qx5d.cn"),
        ("http://a.公司.cn/", "公司.cn"),
        ("http://a.bücher.example/", "bücher.example"),
        ("http://a.localhost/", "localhost"),
        ("http://a.intranet/", "intranet"),
        ("http://127.0.0.1/", "0.0.1"),
        ("http://127.0.0.1/", "1"),
        ("http://[::1]/", "1]"),
        ("http://a..com/", ".com"),
        ("http://a.com/", "a.com:80"),
        ("http://a.com/", "a .com"),
    ] {
        assert_eq!(sent(from, &[&format!("a=b; Domain={domain}")], from), "", "{from} {domain}");
    }
}

#[test]
fn a_domain_reaches_what_is_below_it_and_nothing_else() {
    for (from, domain, to) in [
        ("http://a.example.org/", "example.org", "http://b.example.org/"),
        ("http://a.example.org/", ".Example.ORG", "http://x.y.example.org:81/"),
        ("http://example.org/", "example.org", "http://EXAMPLE.org/"),
        ("http://a.example.org./", "example.org.", "http://b.example.org./"),
        ("http://a.bücher.example/", "XN--bcher-kva.example", "http://b.BÜCHER.example/"),
        ("http://a.b.intranet/", "b.intranet", "http://c.b.intranet/"),
        ("http://city.kobe.jp/", "city.kobe.jp", "http://a.city.kobe.jp/"),
    ] {
        assert_eq!(sent(from, &[&format!("a=b; Domain={domain}")], to), "a=b", "{from} {domain} {to}");
    }
    for (from, domain, to) in [
        ("http://a.example.org/", "", "http://x.a.example.org/"),
        ("http://a.example.org/", ".", "http://x.a.example.org/"),
        ("http://a.example.org/", "a.example.org", "http://example.org/"),
        ("http://a.example.org/", "a.example.org", "http://xa.example.org/"),
        ("http://example.org/", "example.org", "http://example.org./"),
        ("http://github.io/", "github.io", "http://me.github.io/"),
        ("http://localhost/", "localhost", "http://a.localhost/"),
        ("http://com/", "com", "http://a.com/"),
        ("http://kobe.jp/", "kobe.jp", "http://a.b.kobe.jp/"),
    ] {
        let line = format!("a=b; Domain={domain}");
        assert_eq!(sent(from, &[&line], from), "a=b", "{from} {domain}");
        assert_eq!(sent(from, &[&line], to), "", "{from} {domain} {to}");
    }
    for host in ["http://127.0.0.1/", "http://0x7f.1/", "http://127.0.0.1./", "http://localhost:8080/"] {
        let to = if host.contains("localhost") { host } else { "http://2130706433/" };
        assert_eq!(sent(host, &["a=b"], to), "a=b", "{host}");
    }
    assert_eq!(sent("http://127.0.0.1/", &["a=b; Domain=127.0.0.1", "c=d; Domain=.127.0.0.1"], "http://127.0.0.1/"), "a=b; c=d");
    assert_eq!(sent("http://[::1]/", &["a=b; Domain=[::1]"], "http://[0::1]/"), "a=b");
}

#[test]
fn secure_cookies_are_set_and_sent_over_https_only() {
    let (http, https) = ("http://a.example.org/", "https://a.example.org/");
    assert_eq!(sent(http, &["a=b; Secure"], https), "");
    assert_eq!(sent(https, &["a=b; Secure"], https), "a=b");
    assert_eq!(sent(https, &["a=b; Secure"], http), "");
    assert_eq!(sent(https, &["a=b"], http), "a=b");
    for loopback in ["http://localhost/", "http://127.0.0.1/", "http://[::1]/"] {
        assert_eq!(sent(loopback, &["a=b; Secure"], loopback), "", "{loopback}");
    }
    for other in ["ftp://a.example.org/", "ws://a.example.org/", "file:///x", "data:,x"] {
        assert_eq!(sent(other, &["a=b"], other), "", "{other}");
    }
}

#[test]
fn http_leaves_secure_cookies_alone() {
    let https = url("https://a.example.org/login");
    for (from, line, taken) in [
        ("http://a.example.org/", "a=evil; Path=/login", false),
        ("http://a.example.org/", "a=evil; Path=/login/en", false),
        ("http://a.example.org/", "a=evil; Path=/login; Max-Age=0", false),
        ("http://a.example.org/", "a=evil; Path=/login; Domain=example.org", false),
        ("http://b.a.example.org/", "a=evil; Path=/login", false),
        ("http://a.example.org/", "a=good; Path=/", true),
        ("http://a.example.org/", "a=good; Path=/other", true),
        ("http://a.example.org/", "A=good; Path=/login", true),
        ("http://b.example.org/", "a=good; Path=/login", true),
        ("https://a.example.org/", "a=good; Path=/login", true),
    ] {
        let jar = Jar::default();
        jar.store(&https, b"a=b; Secure; Path=/login", at(0));
        jar.store(&url(from), line.as_bytes(), at(1));
        let all = jar.all(at(1));
        assert_eq!(all.iter().any(|cookie| cookie.value == b"good"), taken, "{from} {line}");
        assert!(!all.is_empty() && all.iter().all(|cookie| cookie.value != b"evil"), "{from} {line}");
    }
    let jar = Jar::default();
    jar.store(&https, b"a=b; Secure; Path=/; Max-Age=5", at(0));
    jar.store(&url("http://a.example.org/"), b"a=c", at(5));
    assert_eq!(jar.all(at(5)).len(), 1, "an expired one protects nothing");
}

#[test]
fn prefixes_are_promises() {
    let https = "https://a.example.org/";
    for name in ["__Secure-a", "__secure-a", "__SECURE-a"] {
        assert_eq!(sent(https, &[&format!("{name}=b")], https), "");
        assert_eq!(sent(https, &[&format!("{name}=b; Secure; Domain=example.org")], https), format!("{name}=b"));
        assert_eq!(sent("http://a.example.org/", &[&format!("{name}=b; Secure")], https), "");
    }
    for name in ["__Host-a", "__host-a", "__HOST-a"] {
        assert_eq!(sent(https, &[&format!("{name}=b; Secure; Path=/")], https), format!("{name}=b"));
        for attributes in
            ["Path=/", "Secure", "Secure; Path=/x", "Secure; Path=/; Domain=a.example.org", "Secure; Path=/; Domain=example.org"]
        {
            assert_eq!(sent(https, &[&format!("{name}=b; {attributes}")], https), "", "{name} {attributes}");
        }
    }
    for nameless in ["__Host-a", "=__Host-a=b", " = __secure-a=b", "__Secure-"] {
        assert_eq!(sent(https, &[&format!("{nameless}; Secure; Path=/")], https), "", "{nameless}");
    }
}

#[test]
fn longer_paths_come_first_and_then_older_cookies() {
    let lines =
        ["a=1; Path=/", "b=1; Path=/x/y", "c=1; Path=/", "d=1; Path=/x", "a=2; Path=/", "e=1; Domain=example.org; Path=/"];
    assert_eq!(sent("http://a.example.org/", &lines, "http://a.example.org/x/y/z"), "b=1; d=1; a=2; c=1; e=1");
    let jar = Jar::default();
    let page = url("http://a.example.org/");
    jar.store(&page, b"a=1", at(0));
    jar.store(&page, b"a=2; HttpOnly", at(1));
    let found = jar.get(b"a", None, None, at(1)).expect("a cookie");
    assert_eq!((found.created, found.accessed, found.http_only, found.value), (at(0), at(1), true, b"2".to_vec()));
}

#[test]
fn cookies_expire() {
    let (jar, page) = (Jar::default(), url("http://a.example.org/"));
    jar.store(&page, b"a=b; Max-Age=10", at(0));
    jar.store(&page, b"c=d", at(0));
    assert_eq!(jar.header(&page, at(9)).as_deref(), Some(&b"a=b; c=d"[..]));
    assert_eq!((jar.len(at(9)), jar.len(at(10))), (2, 1));
    assert_eq!(jar.get(b"a", None, None, at(10)), None);
    assert_eq!(jar.header(&page, at(10)).as_deref(), Some(&b"c=d"[..]));
    jar.store(&page, b"c=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", at(11));
    assert_eq!((jar.header(&page, at(11)), jar.len(at(11))), (None, 0));
}

#[test]
fn what_is_too_long_or_malformed_is_ignored() {
    let page = "http://a.example.org/";
    for (length, kept) in [(4095, true), (4096, false), (1 << 20, false)] {
        assert_eq!(sent(page, &[&format!("a={}", "b".repeat(length))], page).len() > 1, kept, "{length}");
        assert_eq!(sent(page, &[&"b".repeat(length + 1)], page).len() > 1, kept, "{length} without a name");
    }
    assert_eq!(sent(&format!("{page}{}/x", "p".repeat(2000)), &["a=b"], page), "", "a default path too long");
    for host in
        [&format!("http://{}example.org/", "a.".repeat(150)), "http://./", "http://.example.org/", "http://a..example.org/"]
    {
        assert_eq!(sent(host, &["a=b", "c=d; Domain=example.org"], host), "", "{host}");
    }
}

#[test]
fn a_site_has_180_cookies_and_secure_ones_stay_longest() {
    let (jar, page) = (Jar::default(), url("https://a.example.org/"));
    jar.store(&page, b"safe=1; Secure; Domain=example.org", at(0));
    jar.store(&page, b"used=1", at(0));
    jar.store(&page, b"short=1; Max-Age=3", at(0));
    for index in 0..10_000u32 {
        let host = url(&format!("https://h{}.example.org/", index % 7));
        jar.store(&host, format!("c{index}=1").as_bytes(), at(2 + u64::from(index / 100)));
        if index % 50 == 0 {
            jar.header(&page, at(2 + u64::from(index / 100)));
        }
    }
    jar.store(&url("https://a.example.com/"), b"other=1", at(0));
    let names: Vec<_> = jar.all(at(200)).into_iter().map(|cookie| cookie.name).collect();
    assert_eq!(names.len(), store::PER_SITE + 1);
    for name in ["safe", "used", "other", "c9999", "c9900"] {
        assert!(names.contains(&name.into()), "{name}");
    }
    assert!(!names.contains(&b"c0".to_vec()) && !names.contains(&b"short".to_vec()));
}

#[test]
fn a_jar_has_3000_cookies() {
    let jar = Jar::default();
    jar.store(&url("http://first.example/"), b"a=b", at(0));
    jar.store(&url("http://used.example/"), b"a=b", at(0));
    for index in 0..10_000u64 {
        jar.store(&url(&format!("http://h{index}.example/")), b"a=b", at(index));
        jar.header(&url("http://used.example/"), at(index));
        assert!(jar.0.lock().expect("a store").all().len() <= store::IN_ALL);
    }
    assert!(jar.len(at(10_000)) >= store::IN_ALL * 9 / 10);
    let hosts: Vec<_> = jar.all(at(10_000)).into_iter().map(|cookie| cookie.domain).collect();
    assert!(hosts.contains(&"used.example".into()) && hosts.contains(&"h9999.example".into()));
    assert!(!hosts.contains(&"first.example".into()));
}

#[test]
fn a_user_sets_finds_and_removes_cookies() {
    let jar = Jar::default();
    for (name, domain) in [("a", ".Example.org"), ("a", "bücher.example"), ("b", "localhost"), ("c", "co.uk"), ("d", "127.1")] {
        jar.set(cookie(name, domain), at(0)).expect(name);
    }
    assert_eq!(header(&jar, "http://x.example.org/"), "a=v");
    assert_eq!(header(&jar, "http://xn--bcher-kva.example/"), "a=v");
    assert_eq!((header(&jar, "http://co.uk/"), header(&jar, "http://a.co.uk/")), ("c=v".into(), String::new()));
    assert_eq!(header(&jar, "http://127.0.0.1/"), "d=v");
    let count = |name: Option<&[u8]>, domain, path| jar.find(&Filter { name, domain, path }, at(1)).len();
    assert_eq!((count(Some(b"a"), None, None), count(None, Some("EXAMPLE.org"), None), count(None, None, Some("/"))), (2, 1, 5));
    assert_eq!((count(Some(b"A"), None, None), count(None, Some("no host"), None), count(None, None, Some("/x"))), (0, 0, 0));
    assert_eq!(jar.remove(&Filter { name: Some(b"a"), domain: Some("bücher.example"), path: None }), 1);
    assert_eq!(jar.remove(&Filter { name: Some(b"a"), ..Filter::default() }), 1);
    assert_eq!((jar.remove(&Filter::default()), jar.len(at(1))), (3, 0));
}

#[test]
fn what_could_not_be_sent_cannot_be_set() {
    let base = || Cookie { secure: true, ..cookie("a", "a.example.org") };
    for (cookie, expected) in [
        (Cookie { name: vec![], value: vec![], ..base() }, "a name or a value"),
        (Cookie { value: vec![b'x'; 4096], ..base() }, "4096"),
        (Cookie { value: b"x\r\nX: y".to_vec(), ..base() }, "control"),
        (Cookie { value: b"x; c=d".to_vec(), ..base() }, "semicolons"),
        (Cookie { name: b"a=b".to_vec(), ..base() }, "equals"),
        (Cookie { path: "x".into(), ..base() }, "slash"),
        (Cookie { path: "/".repeat(1025), ..base() }, "1024"),
        (Cookie { name: b"__secure-a".to_vec(), secure: false, ..base() }, "__Secure-"),
        (Cookie { name: b"__host-a".to_vec(), ..base() }, "__Host-"),
        (Cookie { name: vec![], value: b"__host-a=b".to_vec(), ..base() }, "without a name"),
        (Cookie { domain: "a b\n".into(), ..base() }, "\"a b\\n\""),
        (Cookie { domain: ".".into(), ..base() }, "host name"),
        (Cookie { name: b" __Host-a".to_vec(), ..base() }, "white space"),
        (Cookie { value: b"x\t".to_vec(), ..base() }, "white space"),
    ] {
        let jar = Jar::default();
        let error = jar.set(cookie, at(0)).expect_err(expected);
        assert!(error.contains(expected), "{error:?} should say {expected:?}");
        assert_eq!(jar.len(at(0)), 0);
    }
}

#[test]
fn secrets_are_not_shown() {
    let jar = Jar::default();
    jar.set(Cookie { value: b"secret".to_vec(), ..cookie("a\u{e9}", "example.org") }, at(0)).expect("set");
    assert_eq!(format!("{jar:?}"), "Jar { cookies: 1 }");
    let shown = format!("{:?}", jar.all(at(0)));
    assert_eq!(shown, r#"[Cookie { name: a\xc3\xa9, domain: "example.org", path: "/", .. }]"#);
}
