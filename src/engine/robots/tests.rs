use proptest::prelude::*;

use super::*;

const AGENT: &str = "FooBot/2.1 (+https://example.com/bot)";

fn rules(text: &str) -> Rules {
    Rules::parse(AGENT, 200, text.as_bytes())
}

fn allows(rules: &Rules, path: &str) -> bool {
    rules.allows(&format!("https://example.com{path}"))
}

/// Does a rule match, as the only one?
fn hit(rule: &str, path: &str) -> bool {
    !allows(&rules(&format!("User-agent: foobot\nDisallow: {rule}\n")), path)
}

// RFC 9309, section 2.2.1.

#[test]
fn names_are_compared_without_case_and_version() {
    for name in ["foobot", "FooBot", "FOOBOT", "Foobot/1.0", "foobot "] {
        assert!(!allows(&rules(&format!("USER-AGENT:{name}\ndisallow: /")), "/x"), "{name}");
    }
    for name in ["foo", "foobots", "foobot-news", "barbot", "", "/"] {
        assert!(allows(&rules(&format!("User-agent: {name}\nDisallow: /")), "/x"), "{name}");
    }
}

#[test]
fn groups_of_one_name_are_merged() {
    let rules = rules(
        "user-agent: foobot\ndisallow: /foo\ndisallow: /bar\n\nuser-agent: *\ndisallow: /qux\n\nuser-agent: FooBot\ndisallow: /baz\n",
    );
    assert_eq!(["/foo", "/bar", "/baz", "/qux"].map(|path| allows(&rules, path)), [false, false, false, true]);
}

#[test]
fn the_general_group_is_for_whom_no_other_names() {
    let text = "user-agent: *\ndisallow: /foo\nuser-agent: barbot\ndisallow: /bar\nuser-agent: *\ndisallow: /baz\n";
    assert_eq!(["/foo", "/bar", "/baz"].map(|path| allows(&rules(text), path)), [false, true, false]);
    assert!(allows(&rules("user-agent: barbot\ndisallow: /\n"), "/foo"), "nothing is for us");
    assert!(allows(&rules("disallow: /\n"), "/foo"), "a rule of no group");
    assert!(!Rules::parse("", 200, b"user-agent: *\ndisallow: /").allows("https://example.com/x"));
}

// Section 2.2.2.

#[test]
fn the_longest_match_decides_and_between_equals_it_is_allowed() {
    let text = "user-agent: foobot\nallow: /p\ndisallow: /page\nallow: /page/x\ndisallow: /page/x\n";
    assert_eq!(["/p", "/page", "/page/y", "/page/x"].map(|path| allows(&rules(text), path)), [true, false, false, true]);
    assert!(hit("/*.htm", "/a.htm") && !hit("/A", "/a"), "with case");
}

#[test]
fn paths_are_compared_in_their_normal_form() {
    let table = [
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz"),
        ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https://foo.bar"),
        ("/foo/bar?baz=https%3A%2F%2Ffoo.bar", "/foo/bar?baz=https%3a%2f%2ffoo.bar"),
        ("/foo/bar/\u{30c4}", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%e3%83%84", "/foo/bar/\u{30c4}"),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
        ("/foo/bar/baz", "/foo/bar/%62%61%7A"),
        ("/a{b} \"c\"", "/a%7bb%7D%20%22c%22"),
        ("/?it's", "/?it's"),
        ("/100%", "/100%25"),
    ];
    for (rule, path) in table {
        assert!(hit(rule, path), "{rule} {path}");
        assert!(hit(&format!("{rule}$"), path), "{rule}$ {path}");
    }
    assert!(!hit("/a%2Fb", "/a/b") && !hit("/a/b", "/a%2Fb"), "an encoded slash is another character");
    assert_eq!(normal(b"%2541%41% %zz"), b"%2541A%25%20%25zz", "decoded once");
    assert!(!Rules::parse(AGENT, 200, b"user-agent: foobot\ndisallow: /caf\xE9").allows("https://example.com/caf%E9"));
}

#[test]
fn robots_txt_itself_is_always_allowed() {
    assert!(allows(&rules("user-agent: *\ndisallow: /\n"), "/robots.txt"));
    assert!(allows(&Rules::unreachable(), "/robots.txt"));
    assert!(!allows(&Rules::unreachable(), "/robots.txt.bak"));
}

// Section 2.2.3.

#[test]
fn special_characters() {
    let rules = rules(
        "user-agent: foobot\ndisallow: /this/path # comment\ndisallow: /this/*/exactly\ndisallow: /only/path$ #\n# allow: /\n",
    );
    let paths = ["/this/path", "/this/path-and/more", "/this/a/b/exactly", "/this/exactly", "/only/path", "/only/path/x"];
    assert_eq!(paths.map(|path| allows(&rules, path)), [false, false, false, true, false, true]);
    assert!(hit("/path/file-with-a-%2A.html", "/path/file-with-a-*.html"));
    assert!(!hit("/path/file-with-a-%2A.html", "/path/file-with-a-b.html"));
    assert!(hit("/path/foo-%24", "/path/foo-$") && hit("/a$b", "/a$b") && !hit("/a%24", "/a"));
    assert!(hit("/a$$", "/a$") && !hit("/a$$", "/a"));
    assert!(hit("/*", "/") && hit("*", "/x") && hit("/**a*$", "/bab"));
    assert!(hit("/*a*a$", "/aba") && !hit("/*aba*aba$", "/ababa") && hit("/*ab$", "/abab"));
}

// Section 2.2.4.

#[test]
fn other_records_are_as_if_they_were_not_there() {
    for other in ["Sitemap: https://example.com/sitemap.xml", "Host: example.com", "nonsense", ""] {
        let text = format!("User-agent: foobot\n{other}\nUser-agent: barbot\nDisallow: /\n");
        assert!(!allows(&rules(&text), "/x"), "{other}");
    }
}

// Section 2.3.1.

#[test]
fn the_status_decides_where_there_is_no_file() {
    let body = b"user-agent: *\ndisallow: /x\nallow: /y";
    let seen = |status| ["/x", "/y"].map(|path| allows(&Rules::parse(AGENT, status, body), path));
    for (statuses, expected) in
        [(200..300, [false, true]), (300..500, [true, true]), (500..1000, [false, false]), (0..200, [false, false])]
    {
        for status in statuses {
            assert_eq!(seen(status), expected, "{status}");
        }
    }
}

// Section 2.5.

#[test]
fn whole_lines_of_the_first_500_kib_are_read() {
    let head = "User-agent: *\nDisallow: /early\n";
    let path = format!("/{}", "a".repeat(40));
    for (cut, late) in [(LARGEST, true), (LARGEST - 20, true), (LARGEST - 60, false)] {
        // The last line begins before the limit and ends after it, or not.
        let padding = "#".repeat(cut - head.len() - 1);
        let rules = rules(&format!("{head}{padding}\nDisallow: {path}\n"));
        assert_eq!(["/early", path.as_str(), "/a"].map(|path| allows(&rules, path)), [false, late, true], "{cut}");
    }
    assert!(allows(&Rules::parse(AGENT, 200, &vec![b'x'; LARGEST * 2]), "/x"));
}

// Section 5.1.

#[test]
fn the_simple_example() {
    let text = "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\n\
                User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\n\
                User-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\n\
                User-Agent: quxbot\n";
    let paths = ["/example/page.html", "/example/allowed.gif", "/example/", "/publications/", "/publications/a.gif", "/x"];
    for (agent, expected) in [
        ("foobot", [true, true, false, false, false, false]),
        ("barbot", [false, true, true, true, true, true]),
        ("bazbot", [false, true, true, true, true, true]),
        ("quxbot", [true, true, true, true, true, true]),
        ("other", [false, false, false, true, true, true]),
    ] {
        let rules = Rules::parse(agent, 200, text.as_bytes());
        assert_eq!(paths.map(|path| allows(&rules, path)), expected, "{agent}");
    }
}

// Section 5.2.

#[test]
fn the_example_of_the_longest_match() {
    let rules = rules("User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n");
    assert_eq!(["/example/page/disallowed.gif", "/example/page/"].map(|path| allows(&rules, path)), [false, true]);
}

#[test]
fn lines_end_and_begin_as_they_like() {
    for text in [
        "\u{feff}User-agent: foobot\nDisallow: /x",
        "User-agent: foobot\r\nDisallow: /x\r\n",
        "User-agent: foobot\rDisallow: /x\r",
        "\n\n  User-agent : foobot  \n\n\t Disallow :/x\t\n",
        "User-agent: foobot # us\n#\nDisallow: /x# here",
    ] {
        assert_eq!(["/x", "/y"].map(|path| allows(&rules(text), path)), [false, true], "{text:?}");
    }
    assert!(allows(&rules("User-agent: foobot\nDisallow:\nDisallow: # all\n"), "/x"));
}

#[test]
fn a_delay_is_a_number_of_seconds_up_to_a_bound() {
    let delay = |text: &str| rules(text).delay(Duration::from_secs(30));
    let of = |value: &str| delay(&format!("User-agent: foobot\nCrawl-Delay: {value}\n"));
    assert_eq!((of("2"), of("0.5 # s")), (Some(Duration::from_secs(2)), Some(Duration::from_millis(500))));
    assert_eq!((of("31"), of("1e300")), (Some(Duration::from_secs(30)), Some(Duration::from_secs(30))));
    for value in ["", "0", "-1", "nan", "inf", "-inf", "soon", "1s", "1,5", "\u{663}"] {
        assert_eq!(of(value), None, "{value}");
    }
    assert_eq!(delay("Crawl-delay: 3\nUser-agent: foobot\nAllow: /\n"), None);
    assert_eq!(delay("User-agent: *\nCrawl-delay: 3\nUser-agent: foobot\nAllow: /\n"), None);
    assert_eq!(delay("User-agent: *\nCrawl-delay: 3\n"), Some(Duration::from_secs(3)));
    assert_eq!(delay("User-agent: foobot\nCrawl-delay: 3\nCrawl-delay: 5\nCrawl-delay: 4\n"), Some(Duration::from_secs(5)));
    assert_eq!(Rules::unreachable().delay(Duration::MAX), None);
}

#[test]
fn a_group_may_hold_nothing_but_a_delay() {
    let rules = rules("User-agent: *\nCrawl-delay: 3\n\nUser-agent: barbot\nDisallow: /\n");
    assert!(allows(&rules, "/x"));
    assert_eq!(rules.delay(Duration::MAX), Some(Duration::from_secs(3)));
}

#[test]
fn many_rules_and_wildcards_take_no_time_to_speak_of() {
    let rules = rules(&format!("User-agent: *\n{}Disallow: /{}$\n", "Disallow: *x\n".repeat(20_000), "*a".repeat(100_000)));
    assert!(allows(&rules, &format!("/{}b", "a".repeat(8_000))));
}

/// The plain definition, to compare with.
fn matches_slowly(pattern: &[u8], path: &[u8]) -> bool {
    match pattern.split_first() {
        None => true,
        Some((b'$', [])) => path.is_empty(),
        Some((b'*', rest)) => (0..=path.len()).any(|at| matches_slowly(rest, &path[at..])),
        Some((byte, rest)) => path.first() == Some(byte) && matches_slowly(rest, &path[1..]),
    }
}

/// Lines with something to find in them, between any others.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let name = prop::sample::select(vec!["User-agent:", "Allow:", "Disallow:", "Crawl-delay:", "\u{feff}", "#", ":"]);
    let value = prop_oneof![
        prop::sample::select(vec!["*", "foobot", "/", "/*a$", "5"]).prop_map(|text| text.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec((name, value), 0..20)
        .prop_map(|lines| lines.iter().flat_map(|(name, value)| [name.as_bytes(), value, b"\n"].concat()).collect())
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        agent in ".*",
        status in any::<u16>(),
        body in prop_oneof![lines(), prop::collection::vec(any::<u8>(), 0..200)],
        url in prop_oneof![".*", "https://example.com/.*"],
        max in any::<Duration>(),
    ) {
        for status in [status, 200] {
            let rules = Rules::parse(&agent, status, &body);
            rules.allows(&url);
            prop_assert!(rules.delay(max).is_none_or(|delay| delay <= max));
            prop_assert!(rules.allows("https://example.com/robots.txt"));
        }
    }

    #[test]
    fn patterns_match_as_they_are_defined(pattern in "/[ab*]{0,8}[$]?", path in "/[ab]{0,10}") {
        prop_assert_eq!(matches(pattern.as_bytes(), path.as_bytes()), matches_slowly(pattern.as_bytes(), path.as_bytes()));
    }

    #[test]
    fn a_path_matches_itself_and_normal_forms_stay(path in "[ -~]{0,20}") {
        let url = Url::parse(&format!("https://example.com/{path}")).unwrap();
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let literal = path.replace('*', "%2A").replace('$', "%24");
        prop_assert!(hit(&literal, path) || url.path() == ROBOTS);
        prop_assert_eq!(normal(&normal(path.as_bytes())), normal(path.as_bytes()));
    }
}
